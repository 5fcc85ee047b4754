/** The style of the area for files, in the colours of the listing's style. */

const style = `
#upload {
  margin: 0 0 1rem; padding: 0.75rem 0.625rem; border: 1px dashed var(--soft);
  border-radius: 0.5rem; font-size: 0.875rem;
}
#upload p { margin: 0; }
#upload [hidden] { display: none; }
#upload form, .drop { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 0.75rem; }
#upload input { width: auto; max-width: 100%; padding: 0; border: 0; }
#upload button {
  padding: 0.3125rem 0.75rem; border: 1px solid var(--soft); border-radius: 0.5rem;
  background: var(--back); color: inherit; font: inherit; cursor: pointer;
}
#upload button:hover { background: var(--hover); }
.drop p { flex: 1 1 16rem; }
#upload a { color: var(--soft); }
.dropping #upload { border-color: var(--link); outline: 2px solid var(--link); }
.dropping body::after {
  content: ""; position: fixed; inset: 0; z-index: 3; border: 3px solid var(--link);
  pointer-events: none;
}
.total {
  display: grid; grid-template-columns: 1fr 10rem 6.5rem; align-items: center;
  gap: 0.25rem 0.75rem; margin-top: 0.75rem; padding-top: 0.75rem;
  border-top: 1px solid var(--line); font-variant-numeric: tabular-nums;
}
.total button { grid-column: 3; }
#upload .remark { grid-column: 1 / -1; color: var(--soft); }
#upload ul {
  position: relative; max-height: 20rem; margin: 0.5rem -0.625rem 0 0; padding: 0 0.625rem 0 0;
  overflow: auto; list-style: none;
}
#upload ul:empty { margin: 0; }
#upload li {
  display: grid; grid-template-columns: 1fr 5rem 10rem 10rem 6.5rem; align-items: center;
  gap: 0.125rem 0.75rem; margin: 0; padding: 0.25rem 0; min-height: 2.5rem;
  border-top: 1px solid var(--line); font-variant-numeric: tabular-nums;
}
#upload li::before { content: none; }
#upload li .name { overflow-wrap: anywhere; }
.size { color: var(--soft); text-align: right; white-space: nowrap; }
.state { color: var(--soft); overflow-wrap: anywhere; }
.total progress, li progress { width: 100%; accent-color: var(--fill); }
li:is(.stored, .failed, .cancelled) .state { grid-column: 3 / 5; }
.failed .state { color: var(--fault); }
.stored .state { color: var(--done); }
:root { --fault: #b42318; --done: #18794e; }
@media (prefers-color-scheme: dark) { :root { --fault: #ff9592; --done: #3dd68c; } }
.said { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@media (max-width: 44rem) {
  #upload { margin: 0 0.375rem 0.75rem; }
  .total { grid-template-columns: 1fr 6.5rem; }
  .total progress { grid-row: 2; grid-column: 1 / 3; }
  .total button { grid-column: 2; }
  #upload li { grid-template-columns: minmax(4rem, 1fr) fit-content(9rem) 6.5rem; }
  #upload li .name { grid-column: 1 / 3; }
  #upload li .size { grid-column: 3; }
  #upload li progress { grid-column: 1; grid-row: 2; }
  #upload li .state { grid-column: 2; grid-row: 2; }
  li:is(.stored, .failed, .cancelled) .state { grid-column: 1 / 3 !important; }
  #upload li button { grid-column: 3; grid-row: 2; }
}
`;

/** The style sheet, without the blanks that lines begin with. */
export const uploadStyle = style.replaceAll(/\n */g, "\n");

/** The SHA-256 of the style, in base64, for the page's policy; a test compares it. */
export const uploadStyleDigest = "u+cYyx0znIJr8SFJbuyJRiZHodJe+QlBB2Q/f5UGF/Y=";
