import { quote } from "./quote.ts";

/*
 * HAProxy's checks of HTTP can neither send a message that begins with a zero byte nor read the trailers in which gRPC tells its status. So a check is
 * written in the frames of HTTP/2, and the status is looked for as HPACK may write it: a name that is new to the connection and its value, each as it is
 * or in Huffman's code.
 * Sources: RFC 9113; RFC 7541; gRPC over HTTP/2, "Requests" and "Responses".
 */

/** How a unary call of `path` with an empty message is checked. @param question its matcher has codes as ELB writes them: `12`, `0,5-7` */
export function grpcCheckLines({ path, matcher: codes, secure = false }: GrpcQuestion): readonly string[] {
  const wanted = Array.from({ length: 100 }, (_, code) => code).filter((code) => isAmong(code, codes));
  // What servers of gRPC answer, so that the code can be told.
  const told = Array.from({ length: 17 }, (_, code) => code).filter((code) => !wanted.includes(code));
  return [
    "option tcp-check",
    `tcp-check send-binary ${call(path, secure).toString("hex")}`,
    // Waits until the status is there.
    `tcp-check expect rbinary ${status(["01..", "02....", "81..", "82...."])}`,
    ...told.map((code) => `tcp-check expect min-recv 0 error-status L7STS status-code int(${code}) ! rbinary ${status(written(code))}`),
    `tcp-check expect min-recv 0 rbinary ${status(wanted.flatMap(written))}`,
  ];
}

interface GrpcQuestion {
  readonly path: string;
  readonly matcher: string;
  /** Asked over TLS. */
  readonly secure?: boolean;
}

function isAmong(code: number, codes: string): boolean {
  return codes.split(",").some((range) => {
    const [first = NaN, last = first] = range.split("-").map(Number);
    return code >= first && code <= last;
  });
}

/** The connection's preface, and one call. */
function call(path: string, secure: boolean): Buffer {
  const headers = Buffer.concat([
    // `:method: POST` and `:scheme`, `https` or `http`, by their places in the static table.
    Buffer.from([0x83, secure ? 0x87 : 0x86]),
    named(4, path),
    named(1, "localhost"),
    named(31, "application/grpc"),
    Buffer.concat([Buffer.from([0x00]), text("te"), text("trailers")]),
    named(58, "ELB-HealthChecker/2.0"),
  ]);
  return Buffer.concat([
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    // No table of headers, so that answers name each in full; no pushes.
    frame(SETTINGS, 0, 0, Buffer.from([0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0])),
    frame(HEADERS, END_HEADERS, 1, headers),
    // A message of no bytes, not compressed.
    frame(DATA, END_STREAM, 1, Buffer.alloc(5)),
  ]);
}

const [DATA, HEADERS, SETTINGS] = [0, 1, 4];
const [END_STREAM, END_HEADERS] = [1, 4];

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A header that is not indexed; its name is the one at a place of the static table. */
function named(place: number, value: string): Buffer {
  return Buffer.concat([integer(place, 4), text(value)]);
}

function text(value: string): Buffer {
  return Buffer.concat([integer(value.length, 7), Buffer.from(value, "latin1")]);
}

/** RFC 7541, section 5.1. */
function integer(value: number, prefixBits: number): Buffer {
  const most = 2 ** prefixBits - 1;
  if (value < most) return Buffer.from([value]);
  const bytes = [most];
  let left = value - most;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  return Buffer.from([...bytes, left]);
}

/** `grpc-status`, as it is or in Huffman's code: RFC 7541, appendix B. */
const STATUS = [`0b${Buffer.from("grpc-status").toString("hex")}`, "889acac8b21234da8f"];

/** The word for a status with one of these values. */
function status(values: readonly string[]): string {
  return quote(`${any(STATUS)}${any(values)}`);
}

/** Both ways to write a code. */
function written(code: number): readonly string[] {
  const digits = String(code);
  const plain = Buffer.from(digits).toString("hex");
  // Digits below 3 have five bits, the others six; ones fill the last byte.
  const bits = [...digits].map((digit) =>
    Number(digit) < 3 ? Number(digit).toString(2).padStart(5, "0") : (Number(digit) + 22).toString(2).padStart(6, "0"),
  );
  const bytes = bits.join("").match(/.{1,8}/g) ?? [];
  const coded = bytes.map((byte) => Number.parseInt(byte.padEnd(8, "1"), 2).toString(16).padStart(2, "0")).join("");
  return [`0${digits.length}${plain}`, `8${bytes.length}${coded}`];
}

/** A choice in a regular expression on the hexadecimal form of an answer, which HAProxy writes in upper case. */
function any(choices: readonly string[]): string {
  return `(${choices.join("|").toUpperCase()})`;
}
