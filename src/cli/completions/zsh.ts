/**
 * The completions of zsh, by its `_arguments`. The script is read by `source`, or as a file called
 * `_postern` in a folder of `fpath`.
 */

import type { Operand } from "../help/command-table.ts";
import type { ListedOption } from "../help/listed-option.ts";
import type { CompletedCommand } from "./completed-command.ts";
import { named, opposites, served, takers, valueWords } from "./completed-command.ts";

/** `text` in quotes for the shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** `text` as a part of a specification, in which brackets and colons end a part. */
function part(text: string): string {
  return text.replaceAll(/[\\[\]:]/g, "\\$&");
}

/** The action that offers `completed`. */
function action(completed: Operand): string {
  switch (completed) {
    case "file":
      return "_files";
    case "folder":
      return "_files -/";
    case "file in root":
      return "_postern_below -g '*(-.)'";
    case "folder in root":
      return "_postern_below -/";
    case "nothing":
      return " ";
    default:
      return `(${completed.map(part).join(" ")})`;
  }
}

/** The specifications of `option`: one for each way to write it. */
function specifications({ name, short, value, summary, repeats }: ListedOption): string[] {
  const both = short === undefined ? `--${name}` : `-${short} --${name}`;
  const before = repeats === true ? "*" : `(${both})`;
  const described = `[${part(summary)}]`;
  const colons = value?.isOptional === undefined ? ":" : "::";
  const shown =
    value === undefined ? "" : `${colons}${part(value.placeholder)}:${action(valueWords(value))}`;
  // "--cors=-" takes its value in the same word alone, "--port=" in the next one, too.
  const sign = value === undefined ? "" : value.isOptional === "behind =" ? "=-" : "=";
  const long = quoted(`${before}--${name}${sign}${described}${shown}`);
  if (short === undefined) return [long];
  return [quoted(`${before}-${short}${value === undefined ? "" : "+"}${described}${shown}`), long];
}

/** The function that completes the words of `command`. */
function functionOf(command: CompletedCommand): string {
  const { name, options, operand } = command;
  const lines = options.flatMap(specifications);
  const others = opposites(command).map((one) => quoted(`--${one}`));
  const more =
    others.length === 0
      ? ""
      : `  [[ $PREFIX == --no* ]] && specifications+=(${others.join(" ")})\n`;
  const words = name === "" ? "_postern_first" : action(operand);
  const rest = operand === "nothing" ? "" : `\n    ${quoted(`*: :${words}`)}`;
  return `_postern_${name === "" ? "serve" : name}() {
  local -a specifications=(
    ${lines.join("\n    ")}${rest}
  )
${more}  _arguments -s -S $specifications
}
`;
}

/** The script. */
export function zshCompletions(): string {
  const listed = named.map(({ name, summary }) => quoted(`${part(name)}:${summary}`));
  return `#compdef postern
# Completions of postern for zsh: postern completions zsh.
# In ~/.zshrc, below compinit:  source <(postern completions zsh)
# Or as a file of fpath:        postern completions zsh > ~/.zfunc/_postern

_postern_first() {
  local -a commands=(
    ${listed.join("\n    ")}
  )
  (( CURRENT == 2 )) && _describe -t commands command commands
  _postern_operand
}

# A folder, a file, or /docs=FOLDER.
_postern_operand() {
  if [[ $PREFIX == /*=* ]]; then
    compset -P '*='
    _files -/
  else
    _files
  fi
}

# What is in the root: the first word that is no option, no value of one and no /docs=FOLDER, or
# else in the current folder.
_postern_below() {
  local at one
  local -a roots=(.)
  for ((at = 2; at <= $#words; at++)); do
    one=$words[at]
    case $one in
      ${takers().join("|")}) ((at++)) ;;
      -*|/*=*|'') ;;
      *)
        if (( at != CURRENT )); then
          one=\${(Q)one}
          roots=(\${one/#\\~\\//$HOME/})
          break
        fi ;;
    esac
  done
  _path_files -W roots "$@"
}

${[served, ...named].map(functionOf).join("\n")}
_postern() {
  if (( CURRENT > 2 )); then
    case $words[2] in
      ${named.map(({ name }) => name).join("|")})
        local name=$words[2]
        shift words
        (( CURRENT-- ))
        _postern_$name
        return ;;
    esac
  fi
  _postern_serve
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _postern "$@"
else
  compdef _postern postern
fi
`;
}
