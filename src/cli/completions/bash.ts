/**
 * The completions of bash, from version 3.2 on, which macOS has. They need nothing that isn't in
 * bash itself.
 *
 * Paths are left to readline (`compopt -o default`, `-o dirnames`), which knows how a name has to
 * be quoted. Before version 4 there is no `compopt`, and files are offered where no word fits.
 */

import type { Operand } from "../help/command-table.ts";
import type { CompletedCommand } from "./completed-command.ts";
import {
  named,
  opposites,
  rooted,
  served,
  takers,
  valueWords,
  writings,
} from "./completed-command.ts";

/** The statement that offers `completed`. */
function offer(completed: Operand): string {
  switch (completed) {
    case "file":
      return "compopt -o default 2>/dev/null";
    case "folder":
      return "compopt -o dirnames +o default 2>/dev/null";
    case "file in root":
      return "_postern_below -f";
    case "folder in root":
      return "_postern_below -d";
    case "nothing":
      return "compopt +o default 2>/dev/null";
    default:
      return `_postern_words '${completed.join(" ")}'`;
  }
}

/** The arms of `case` for the options of `command` whose value is the next word. */
function valueArms({ options }: CompletedCommand): string {
  const arms = new Map<string, string[]>();
  for (const option of options) {
    const { value } = option;
    if (value === undefined || value.isOptional === "behind =") continue;
    const statement = offer(valueWords(value));
    arms.set(statement, [...(arms.get(statement) ?? []), ...writings(option)]);
  }
  return [...arms]
    .map(([statement, patterns]) => `    ${patterns.join("|")}) ${statement}; return ;;\n`)
    .join("");
}

/** The function that completes the words of `command`. */
function functionOf(command: CompletedCommand): string {
  const { name, options, operand } = command;
  const words = options.flatMap(writings);
  const others = opposites(command).map((one) => `--${one}`);
  const noArm =
    others.length === 0
      ? ""
      : `    --no*) _postern_words '${[...new Set([...words, ...others])].join(" ")}'; return ;;\n`;
  return `_postern_${name === "" ? "serve" : name}() {
  case $before in
${valueArms(command)}  esac
  case $word in
${noArm}    -*) _postern_words '${words.join(" ")}'; return ;;
  esac
  ${offer(operand)}
}
`;
}

/**
 * The functions that offer what is in the root: the first word that is no option, no value of one
 * and no /docs=FOLDER, or else the current folder. readline makes "=" and ":" words of their own.
 */
function belowRoot(): string {
  return `_postern_plain() {
  plain=$1
  [[ $plain == "~/"* ]] && plain=$HOME/\${plain:2}
  plain=\${plain//[\\\\\\"\\']/}
}

_postern_root() {
  local at=1 one plain joint='[=:]*'
  root=.
  case \${COMP_WORDS[1]} in
    ${rooted.join("|")}) at=2 ;;
  esac
  for ((; at < \${#COMP_WORDS[@]}; at++)); do
    one=\${COMP_WORDS[at]}
    case $one in
      ${takers().join("|")}) [[ \${COMP_WORDS[at + 1]} == "="* ]] || ((at++)) ;;
      -*|/*=*) ;;
      *)
        if [[ -n $one && $at -ne $COMP_CWORD && \${COMP_WORDS[at + 1]} != $joint ]]; then
          _postern_plain "$one"
          root=$plain
          return
        fi ;;
    esac
    while [[ \${COMP_WORDS[at + 1]} == $joint ]]; do
      ((at += 2))
    done
  done
}

# Offers the folders (-d) in the root, or (-f) the files right in it.
_postern_below() {
  local root plain one
  compopt +o default 2>/dev/null
  _postern_root
  _postern_plain "$word"
  while IFS= read -r one; do
    if [[ $1 == -d ]]; then
      compopt -o nospace 2>/dev/null
      one=$one/
    elif [[ -d $one ]]; then
      continue
    fi
    COMPREPLY+=("$joined$(printf %q "\${one#"$root/"}")")
  done < <(compgen "$1" -- "$root/$plain")
}
`;
}

/** The script. */
export function bashCompletions(): string {
  const names = named.map(({ name }) => name);
  return `# Completions of postern for bash: postern completions bash.
# In ~/.bashrc:  source <(postern completions bash)

_postern_words() {
  local one
  compopt +o default 2>/dev/null
  while IFS= read -r one; do
    COMPREPLY+=("$joined$one")
  done < <(compgen -W "$1" -- "$word")
}

${belowRoot()}
${[served, ...named].map(functionOf).join("\n")}
_postern() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} joined= at
  COMPREPLY=()
  # readline makes three words of --post=form, unless COMP_WORDBREAKS lacks the "=".
  if [[ $before == "=" && COMP_CWORD -gt 1 ]]; then
    before=\${COMP_WORDS[COMP_CWORD-2]}
  elif [[ $word == "=" ]]; then
    word=
  elif [[ $word == --*=* ]]; then
    before=\${word%%=*} joined=$before= word=\${word#*=}
  fi
  for ((at = 1; at < COMP_CWORD; at++)); do
    # Behind -- there are no options.
    if [[ \${COMP_WORDS[at]} == -- ]]; then
      compopt -o default 2>/dev/null
      return
    fi
  done
  if ((COMP_CWORD > 1)); then
    case \${COMP_WORDS[1]} in
${names.map((name) => `      ${name}) _postern_${name}; return ;;\n`).join("")}    esac
  elif [[ $word != -* ]]; then
    _postern_words '${names.join(" ")}'
    compopt -o plusdirs -o default 2>/dev/null
    return
  fi
  # The folder of /docs=FOLDER.
  if [[ $before == /* && \${COMP_WORDS[COMP_CWORD-1]} == "=" ]]; then
    compopt -o dirnames +o default 2>/dev/null
    return
  fi
  _postern_serve
}

complete -o default -F _postern postern
`;
}
