import { expect, test } from "vitest";
import { parseStatTable } from "./stat-table.ts";

const heading = "# pxname,svname,qcur,scur,status,weight,lastchg,check_status,check_code,check_rise,check_health,last_chk,";

test("a server that is checked", () => {
  const [row] = parseStatTable(`${heading}\nb_web,one,1,2,DOWN,1,7,* L7STS,503,2,0,"Service ""un"", available",\n\n`);
  expect(row).toEqual({
    backend: "b_web",
    name: "one",
    status: "DOWN",
    weight: 1,
    sessions: 3,
    secondsInState: 7,
    check: { status: "L7STS", code: 503, health: 0, rise: 2 },
  });
});

test("frontends, backends and missing checks", () => {
  const rows = parseStatTable(
    `${heading}\nl_main,FRONTEND,,,OPEN,,,,,,,,\nb_web,one,0,0,no check,1,7,,,,,,\nb_web,BACKEND,0,0,UP,1,7,,,,,,\n`,
  );
  expect(rows).toHaveLength(1);
  expect(rows[0]).not.toHaveProperty("check");
});
