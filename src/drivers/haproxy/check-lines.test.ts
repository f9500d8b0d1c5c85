import { expect, test } from "vitest";
import { upAlone } from "./check-lines.ts";

const line = (said: string): string => `<133>Nov 29 11:54:02 localhost haproxy[4711]: ${said}\n`;
const UP = line(
  "Health check for server b_g1/one:t:10.0.0.5:80 succeeded, reason: Layer7 check passed, code: 200, check duration: 1ms, status: 2/2 UP.",
);
const FROM = line(
  "Health check for server b_g2/two-443:t-10.0.0.4:10.0.0.6:443 failed, reason: Layer4 timeout, check duration: 2ms, status: 1/2 UP.",
);

test("servers that are called up are named, whichever address they are connected to from", () => {
  expect(upAlone(UP)).toEqual([{ backend: "g1", server: "one" }]);
  expect(upAlone(`${UP.replace("localhost ", "")}\n`)).toEqual([{ backend: "g1", server: "one" }]);
  expect(upAlone(UP + FROM)).toEqual([
    { backend: "g1", server: "one" },
    { backend: "g2", server: "two-443" },
  ]);
});

test.each([
  ["that is cut off", UP.slice(0, -1)],
  [
    "of a server that went down",
    line("Server b_g1/one:t:10.0.0.5:80 is DOWN, reason: Layer4 timeout. 1 active and 0 backup servers left."),
  ],
  ["of one that is down", UP.replace("2/2 UP", "0/2 DOWN")],
  ["of one that has not passed yet", UP.replace(":t:", ":p:")],
  ["of two, one of which is down", UP + UP.replace("2/2 UP", "1/2 DOWN")],
  ["that a target would have end so", UP.replace("2/2 UP.", '0/2 DOWN, info: "status: 2/2 UP."')],
  ["of anything else", line("Proxy l_main stopped")],
])("a line %s is news", (_what, text) => expect(upAlone(text)).toBeUndefined());
