import fc from "fast-check";
import { expect, test } from "vitest";
import { FIELD_END, LARGEST_SESSION, readSession, SESSION_FIELDS, writeSession, type LoginSession } from "./login-session.ts";

const session = { until: 1700, identity: "u|1", accessToken: "a", data: "d" };

test("law: what is written is read", () => {
  const text = fc.string({ unit: "grapheme-ascii" });
  const some = text.filter((one) => one !== "");
  fc.assert(
    fc.property(
      fc.nat(),
      some,
      text,
      text,
      fc.option(fc.record({ from: fc.nat(), token: text })),
      (until, identity, accessToken, data, refresh) => {
        const made = { until, identity, accessToken, data, ...(refresh && { refresh }) };
        expect(readSession(writeSession(made) ?? "")).toEqual(made);
      },
    ),
  );
});

test("fields are where the proxy looks for them", () => {
  const fields = writeSession({ ...session, refresh: { from: 1600, token: "r" } })?.split(FIELD_END) ?? [];
  const told = Object.fromEntries(Object.entries(SESSION_FIELDS).map(([name, at]) => [name, fields[at - 1]]));
  expect(told).toEqual({ until: "1700", refreshFrom: "1600", identity: "u|1", accessToken: "a", data: "d" });
});

test.each<[string, Partial<LoginSession>]>([
  ["a line end", { identity: "a\nb" }],
  ["the end of a field", { accessToken: `a${FIELD_END}b` }],
  ["a letter that no header holds", { identity: "ü" }],
  ["more than there is room for", { data: "d".repeat(LARGEST_SESSION) }],
])("a session with %s is not written", (_, more) => {
  expect(writeSession({ ...session, ...more })).toBeUndefined();
});

test.each(["", "1", "2".concat(FIELD_END.repeat(6)), `1${FIELD_END}1${FIELD_END}${FIELD_END}u`])("%j is no session", (text) => {
  expect(readSession(text)).toBeUndefined();
});
