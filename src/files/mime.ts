import mime from "mime";

export function mediaTypeOf(name: string): string {
  return mime.getType(name) ?? "application/octet-stream";
}
