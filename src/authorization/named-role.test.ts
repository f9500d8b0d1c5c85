import { beforeEach, describe, expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { systemIds } from "../drivers/system/ids.ts";
import { JournaledState } from "../state/journaled-state.ts";
import { putRole } from "../testing/role-record.ts";
import { namedRole } from "./named-role.ts";

const ACCOUNT = "123456789012";
const ADMIN = `arn:aws:iam::${ACCOUNT}:role/AdminTask`;
const DEEP = `arn:aws:iam::${ACCOUNT}:role/team/red/Deep`;

let state: JournaledState;
let platform: Parameters<typeof putRole>[0];
beforeEach(() => {
  state = new JournaledState(memoryJournal());
  platform = { state, ids: systemIds, clock: { now: () => 0 } } as unknown as Parameters<typeof putRole>[0];
  putRole(platform, { name: "AdminTask", trust: [] });
  putRole(platform, { name: "Deep", path: "/team/red/", trust: [] });
  putRole(platform, { name: "AdminTask", account: "210987654321", trust: [] });
});

describe("a text that names a role means it", () => {
  test.each([
    [ADMIN, ADMIN],
    ["AdminTask", ADMIN],
    ["/AdminTask", ADMIN],
    [DEEP, DEEP],
    ["Deep", DEEP],
    ["/team/red/Deep", DEEP],
    ["team/red/Deep", DEEP],
    ["arn:aws:iam::210987654321:role/AdminTask", "arn:aws:iam::210987654321:role/AdminTask"],
  ])("%s", (text, arn) => {
    expect(namedRole(state, ACCOUNT, text)).toMatchObject({ kind: "role", role: { arn } });
  });
});

test.each(["Far", "/team/Far", "team/Far", "arn:aws-cn:iam::123456789012:role/team/Far"])("a role of China is meant by %s", (text) => {
  const role = putRole(platform, { name: "Far", path: "/team/", arn: `arn:aws-cn:iam::${ACCOUNT}:role/team/Far`, trust: [] });
  expect(namedRole(state, ACCOUNT, text, "cn-north-1")).toMatchObject({ kind: "role", role: { arn: role.arn } });
  // Its ARN has to be its own to the letter.
  expect(namedRole(state, ACCOUNT, `arn:aws:iam::${ACCOUNT}:role/team/Far`, "cn-north-1")).toMatchObject({ kind: "absent" });
});

test.each([
  ["cn-north-1", "aws-cn"],
  ["us-gov-west-1", "aws-us-gov"],
  ["eu-west-1", "aws"],
])("a name that no role has would be one of the partition of %s", (region, partition) => {
  for (const name of ["Missing", "team/Missing"])
    expect(namedRole(state, ACCOUNT, name, region)).toEqual({
      kind: "absent",
      arn: `arn:${partition}:iam::${ACCOUNT}:role/${name}`,
      by: "name",
    });
});

describe("a text that is nearly so means another role, which is not there", () => {
  test.each([
    ["ADMINTASK", `arn:aws:iam::${ACCOUNT}:role/ADMINTASK`, "name"],
    ["admintask", `arn:aws:iam::${ACCOUNT}:role/admintask`, "name"],
    ["/x/AdminTask", `arn:aws:iam::${ACCOUNT}:role/x/AdminTask`, "name"],
    ["x/AdminTask", `arn:aws:iam::${ACCOUNT}:role/x/AdminTask`, "name"],
    ["/Deep", `arn:aws:iam::${ACCOUNT}:role/Deep`, "name"],
    ["nobody", `arn:aws:iam::${ACCOUNT}:role/nobody`, "name"],
    [`arn:aws:iam::${ACCOUNT}:role/ADMINTASK`, `arn:aws:iam::${ACCOUNT}:role/ADMINTASK`, "arn"],
    [`arn:aws:iam::${ACCOUNT}:role/Deep`, `arn:aws:iam::${ACCOUNT}:role/Deep`, "arn"],
    [`arn:aws:iam::${ACCOUNT}:role/x/AdminTask`, `arn:aws:iam::${ACCOUNT}:role/x/AdminTask`, "arn"],
    [`arn:aws-cn:iam::${ACCOUNT}:role/AdminTask`, `arn:aws-cn:iam::${ACCOUNT}:role/AdminTask`, "arn"],
    ["arn:aws:iam::999999999999:role/AdminTask", "arn:aws:iam::999999999999:role/AdminTask", "arn"],
  ])("%s", (text, arn, by) => {
    expect(namedRole(state, ACCOUNT, text)).toEqual({ kind: "absent", arn, by });
  });
});

describe("a text in another form names no role", () => {
  test.each([
    "",
    " ",
    "/",
    "//",
    "arn:x/AdminTask",
    "arn:",
    `arn:aws:iam::${ACCOUNT}:/AdminTask`,
    `ARN:aws:iam::${ACCOUNT}:role/AdminTask`,
    `arn:aws:iam::${ACCOUNT}:role//AdminTask`,
    `arn:aws:iam::${ACCOUNT}:role/AdminTask/`,
    `arn:aws:iam::${ACCOUNT}:role/`,
    `arn:aws:iam::${ACCOUNT}:role:AdminTask`,
    `arn:aws:iam::${ACCOUNT}:ROLE/AdminTask`,
    `arn:aws:iam::${ACCOUNT}:user/AdminTask`,
    `arn:aws:iam:us-east-1:${ACCOUNT}:role/AdminTask`,
    `arn:aws:iam::12345678901:role/AdminTask`,
    `arn:aws:sts::${ACCOUNT}:assumed-role/AdminTask/x`,
    `arn:aws:ecs:us-east-1:${ACCOUNT}:cluster/AdminTask`,
    ` ${ADMIN}`,
    `${ADMIN} `,
    `${ADMIN}\n`,
    "AdminTask ",
    "\tAdminTask",
    "Admin Task",
    "//AdminTask",
    "/a b/AdminTask",
    "AdminTask*",
    "x".repeat(65),
  ])("%j", (text) => {
    expect(namedRole(state, ACCOUNT, text)).toEqual({ kind: "invalid" });
  });
});
