import { expect, test } from "vitest";
import { removedButBusy, sessionsWith } from "./removed-but-busy.ts";

const row = (backend: string, name: string, sessions: number) => ({ backend, name, status: "UP", weight: 1, sessions, secondsInState: 0 });

test("what is gone and still carries connections is named, and nothing else", () => {
  const rows = [
    row("b_db", "gone:t:10.0.0.5:80", 1),
    row("b_db", "idle:t:10.0.0.6:80", 0),
    row("b_db", "there:t:10.0.0.7:80", 1),
    row("b_db", "there:f:10.0.0.7:80", 1),
    row("b_web", "gone:t:10.0.0.5:80", 1),
  ];
  expect(removedButBusy(rows, new Map([["b_db", new Set(["there"])]]))).toEqual(new Set(["b_db/gone:t:10.0.0.5:80"]));
});

test("its sessions are found among all", () => {
  const session = (id: string, server: string): string =>
    `${id}: proto=tcpv4 src=10.0.0.9:4000 fe=l_db be=b_db srv=${server} ts=00 epoch=0 age=2s calls=3 rate=0 cpu=0 lat=0 rq[f=848000h,i=0,an=00h]`;
  const printed = [
    session("0x55d0c8", "gone:t:10.0.0.5:80"),
    session("0x55d0d0", "there:t:10.0.0.7:80"),
    "0x55d0e0: proto=unix_stream src=unix:1 fe=GLOBAL be=<NONE> srv=<none> ts=00",
  ].join("\n");
  expect(sessionsWith(new Set(["b_db/gone:t:10.0.0.5:80"]), printed)).toEqual(["0x55d0c8"]);
});
