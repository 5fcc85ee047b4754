/**
 * The style of a rendered document, in a page of its own and below a listing. Its colours are those
 * of the page. Nothing scrolls sideways: long lines are broken.
 */

const style = `
.readme { overflow-wrap: anywhere; line-height: 1.6; }
.readme > :first-child { margin-top: 0; }
.readme h2, .readme h3, .readme h4, .readme h5, .readme h6 {
  margin: 1.75em 0 0.5em; line-height: 1.3; font-weight: 650; text-wrap: balance;
}
.readme h2 { font-size: 1.5em; } .readme h3 { font-size: 1.25em; }
.readme h4 { font-size: 1.0625em; } .readme h5, .readme h6 { font-size: 1em; }
.readme p, .readme ul, .readme ol, .readme table, .readme pre, .readme blockquote {
  margin: 0 0 1em;
}
.readme ol, .readme ul {
  display: block; padding: 0 0 0 1.75em; font-size: inherit; line-height: inherit;
}
.readme ul { list-style: disc; } .readme ol { list-style: decimal; }
.readme li, .readme li a { display: revert; font-size: inherit; }
.readme li + li::before { content: none; }
.readme li + li { margin-top: 0.25em; }
.readme li > ul, .readme li > ol { margin: 0.25em 0 0; }
.readme a { color: var(--link); text-decoration: underline; text-underline-offset: 0.2em; }
.readme a::before, .readme a::after { content: none; }
.readme code, .readme pre { font-family: ui-monospace, "Cascadia Mono", Menlo, monospace; }
.readme code {
  padding: 0.125em 0.375em; border-radius: 0.375em; background: var(--hover); font-size: 0.875em;
}
.readme pre {
  padding: 0.75rem 1rem; border-radius: 0.5rem; background: var(--hover); font-size: 0.8125rem;
  line-height: 1.55; white-space: pre-wrap; tab-size: 4;
}
.readme pre code { padding: 0; background: none; font-size: inherit; }
.readme blockquote { padding: 0 0 0 1em; border-left: 3px solid var(--line); color: var(--soft); }
.readme img { max-width: 100%; height: auto; vertical-align: middle; }
.readme hr { margin: 2em 0; border: 0; border-top: 1px solid var(--line); }
.readme table { display: table; width: auto; max-width: 100%; border-collapse: collapse; }
.readme table { table-layout: auto; }
.readme :is(th, td):is(th, td):is(:nth-child(n)) {
  position: static; display: table-cell; width: auto; padding: 0.375rem 0.75rem;
  border: 1px solid var(--line); color: inherit; font-size: 0.875rem; line-height: 1.5;
  text-align: start; white-space: normal;
}
.readme :is(th, td)[align=right]:is(:nth-child(n)) { text-align: right; }
.readme :is(th, td)[align=center]:is(:nth-child(n)) { text-align: center; }
.readme th:is(th):is(:nth-child(n)) { background: var(--hover); font-weight: 600; }
.readme tbody tr:hover { background: none; }
`;

/** The style sheet, without the blanks that lines begin with. */
export const readmeStyle = style.replaceAll(/\n */g, "\n");
