import { InvalidParameterException } from "@aws-sdk/client-cloudwatch-logs";
import { because } from "../operation.ts";

/** A place in the order of events: by time, then by id. */
export interface EventPosition {
  readonly timestamp: number;
  readonly id: number;
}

const TIMESTAMP_DIGITS = 20;
const ID_DIGITS = 36;

/** AWS's event ids have 56 digits and order as the events do; so do these. */
export function eventId({ timestamp, id }: EventPosition): string {
  return String(timestamp).padStart(TIMESTAMP_DIGITS, "0") + String(id).padStart(ID_DIGITS, "0");
}

export function forwardToken(position: EventPosition): string {
  return `f/${eventId(position)}/s`;
}

export function backwardToken(position: EventPosition): string {
  return `b/${eventId(position)}/s`;
}

/** A token of GetLogEvents: from where, in which direction. @throws InvalidParameterException */
export function readToken(token: string): { readonly position: EventPosition; readonly backward: boolean } {
  const match = /^([fb])\/(\d{56})\/s$/.exec(token);
  if (!match?.[2]) throw new InvalidParameterException(because("The specified nextToken is invalid."));
  return { position: positionOf(match[2]), backward: match[1] === "b" };
}

export function pageToken(position: EventPosition): string {
  return Buffer.from(eventId(position)).toString("base64url");
}

/** A token of FilterLogEvents. @throws InvalidParameterException */
export function readPageToken(token: string): EventPosition {
  const text = Buffer.from(token, "base64url").toString();
  if (!/^\d{56}$/.test(text)) throw new InvalidParameterException(because("The specified nextToken is invalid."));
  return positionOf(text);
}

function positionOf(digits: string): EventPosition {
  return { timestamp: Number(digits.slice(0, TIMESTAMP_DIGITS)), id: Number(digits.slice(TIMESTAMP_DIGITS)) };
}
