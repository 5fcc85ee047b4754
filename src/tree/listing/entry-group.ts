/**
 * What a file is for people, by its extension: a listing shows it as an icon and a word, and can
 * be ordered by it. It is coarser than a media type, and wrong for a file whose name is wrong.
 */

/** The groups, in the order in which a listing by kind has them. */
export const entryGroups = [
  "folder",
  "archive",
  "audio",
  "code",
  "data",
  "document",
  "font",
  "image",
  "text",
  "video",
  "file",
] as const;

/** What an entry is for people. "file" is what no other group has. */
type EntryGroup = (typeof entryGroups)[number];

/** Extensions in lower case. */
const extensions: Partial<Record<EntryGroup, string>> = {
  archive: "7z apk bz2 deb dmg gz iso jar lz4 rar rpm tar tbz tgz txz xz zip zst",
  audio: "aac aif aiff flac m4a mid midi mka mp3 oga ogg opus wav weba wma",
  code:
    "astro bash c cc cjs clj cpp cs css cts cxx dart erl ex exs fs go gradle h hpp hs html htm " +
    "java jl js jsx kt less lua m mjs ml mts nim php pl ps1 py r rb rs sass scala scss sh sql " +
    "svelte swift ts tsx vue wasm wat zig zsh",
  data:
    "avro bin cbor csv db geojson ics json json5 jsonl kml map ndjson parquet proto sqlite tsv " +
    "xml",
  document: "doc docx epub key mobi numbers odp ods odt pages pdf ppt pptx ps rtf tex xls xlsx",
  font: "eot otf ttc ttf woff woff2",
  image:
    "apng avif bmp cr2 gif heic heif ico jfif jp2 jpeg jpg jxl nef png psd raw svg tif tiff " +
    "webp xcf",
  text:
    "adoc asc cfg conf diff env gitignore ini lock log markdown md org patch properties rst toml " +
    "txt vtt srt yaml yml",
  video: "3gp avi flv m2ts m4v mkv mov mp4 mpeg mpg ogv qt webm wmv",
};

const groups: ReadonlyMap<string, EntryGroup> = new Map(
  Object.entries(extensions).flatMap(([group, names]) =>
    names.split(" ").map((name) => [name, group as EntryGroup] as const),
  ),
);

/** The group of a file that is called `name`, or of a folder. */
export function groupOf(name: string, kind: "file" | "directory"): EntryGroup {
  if (kind === "directory") return "folder";
  const extension = name.slice(name.lastIndexOf(".") + 1);
  return groups.get(extension) ?? groups.get(extension.toLowerCase()) ?? "file";
}
