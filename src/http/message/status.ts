/**
 * Status codes and their reason phrases, as registered with IANA (RFC 9110 §15, and the RFC named
 * beside a code that is not from there).
 */

/** Reason phrases by code. Clients should ignore them (RFC 9112 §4); they are for people. */
export const reasonPhrases = {
  100: "Continue",
  101: "Switching Protocols",
  103: "Early Hints", // RFC 8297
  104: "Upload Resumption Supported", // draft-ietf-httpbis-resumable-upload-12 §5
  200: "OK",
  201: "Created",
  202: "Accepted",
  203: "Non-Authoritative Information",
  204: "No Content",
  205: "Reset Content",
  206: "Partial Content",
  300: "Multiple Choices",
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  304: "Not Modified",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  407: "Proxy Authentication Required",
  408: "Request Timeout",
  409: "Conflict",
  410: "Gone",
  411: "Length Required",
  412: "Precondition Failed",
  413: "Content Too Large",
  414: "URI Too Long",
  415: "Unsupported Media Type",
  416: "Range Not Satisfiable",
  417: "Expectation Failed",
  418: "I'm a teapot", // RFC 9110 §15.5.19: reserved; tests use it
  421: "Misdirected Request",
  422: "Unprocessable Content",
  425: "Too Early", // RFC 8470
  426: "Upgrade Required",
  428: "Precondition Required", // RFC 6585
  429: "Too Many Requests", // RFC 6585
  431: "Request Header Fields Too Large", // RFC 6585
  451: "Unavailable For Legal Reasons", // RFC 7725
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
  507: "Insufficient Storage", // RFC 4918
  511: "Network Authentication Required", // RFC 6585
} as const;

/** A status code that has a name. */
export type Status = keyof typeof reasonPhrases;

/** The statuses of interim responses, which a final one follows (RFC 9110 §15.2). */
export type InterimStatus = 100 | 101 | 103 | 104;

/** The final statuses whose responses have no content (RFC 9110 §6.4.1, §15.3.6). */
type ContentlessStatus = 204 | 205 | 304;

/** A final status whose response may have content. */
export type ContentStatus = Exclude<Status, InterimStatus | ContentlessStatus>;

/**
 * The reason phrase of `status`; empty for a code that is not in the table, which the grammar
 * allows.
 */
export function reasonPhrase(status: number): string {
  return reasonPhrases[status as Status] ?? "";
}

/** Whether responses of this status have no content, whatever their fields say. */
export function isContentless(status: number): status is InterimStatus | ContentlessStatus {
  return status < 200 || status === 204 || status === 205 || status === 304;
}
