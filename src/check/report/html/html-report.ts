import type { Script } from "../../script/script.ts";
import type { Column } from "../column.ts";
export function reportHtml(_s: readonly Script[], _c: readonly Column[]): string {
  return "";
}
