import { NumericValue } from "@smithy/core/serde";
import { MalformedRequestError } from "../malformed.ts";
import type { Shape } from "../schema.ts";

type TimestampFormat = (Shape & { kind: "timestamp" })["format"];

/**
 * Reads a value that the wire gives as text: a parameter of a form or of a URL, a header, the text of an XML element.
 * @throws MalformedRequestError for what is no such value
 */
export function readScalar(shape: Shape, text: string, path: string): unknown {
  switch (shape.kind) {
    case "number":
    case "bigint":
    case "bigdecimal":
      return readNumber(shape.kind, text, path);
    case "boolean":
      if (!/^(true|false)$/i.test(text)) throw unreadable(path, text, "a boolean");
      return text.toLowerCase() === "true";
    case "timestamp": {
      const date = /^\d+(\.\d+)?$/.test(text) ? new Date(Number(text) * 1000) : new Date(text);
      if (Number.isNaN(date.getTime())) throw unreadable(path, text, "a timestamp");
      return date;
    }
    case "blob":
      return Buffer.from(text, "base64");
    default:
      return text;
  }
}

function readNumber(kind: "number" | "bigint" | "bigdecimal", text: string, path: string): unknown {
  const number = Number(text);
  if (text.trim() === "" || Number.isNaN(number)) throw unreadable(path, text, "an integer");
  if (kind === "number") return number;
  // What is exact has a form of its own, and digits that somebody could have written.
  const [form, wanted] =
    kind === "bigint" ? [/^-?\d{1,100}$/, "an integer"] : [/^-?\d{1,100}(?:\.\d{1,100})?(?:[eE][+-]?\d{1,3})?$/, "a decimal"];
  if (!form.test(text)) throw unreadable(path, text, wanted);
  return kind === "bigint" ? BigInt(text) : new NumericValue(text, "bigDecimal");
}

function unreadable(path: string, text: string, wanted: string): MalformedRequestError {
  return new MalformedRequestError("type", path, `Invalid value '${text.slice(0, 100)}' for parameter ${path}: it is not ${wanted}`);
}

/** Writes a value as text. @param format of a time whose shape names none */
export function scalarText(shape: Shape, value: unknown, format: TimestampFormat = "date-time"): string {
  if (shape.kind === "blob") return Buffer.from(value as Uint8Array).toString("base64");
  return shape.kind === "timestamp" ? timeText(value as Date, shape.format ?? format) : String(value);
}

function timeText(date: Date, format: TimestampFormat): string {
  if (format === "http-date") return date.toUTCString();
  return format === "epoch-seconds" ? String(date.getTime() / 1000) : date.toISOString();
}
