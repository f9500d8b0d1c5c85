import { expect, test } from "vitest";
import { readOsRelease } from "./distribution.ts";

test.each<[string, string, string | undefined]>([
  ['ID=debian\nVERSION_ID="12"', "debian 12", "Debian:12"],
  ["ID=debian\nVERSION_ID=12.4", "debian 12.4", "Debian:12"],
  ['ID=debian\nPRETTY_NAME="Debian GNU/Linux trixie/sid"', "Debian GNU/Linux trixie/sid", undefined],
  ["ID=debian\nVERSION_ID=sid12", "debian sid12", undefined],
  ["ID=alpine\nVERSION_ID=3.19.1\nPRETTY_NAME='Alpine Linux v3.19'", "Alpine Linux v3.19", "Alpine:v3.19"],
  ["ID=alpine\nVERSION_ID=3.21.0_rc1", "alpine 3.21.0_rc1", "Alpine:v3.21"],
  ["ID=alpine\nVERSION_ID=3.21.0_alpha20240923", "alpine 3.21.0_alpha20240923", undefined],
  ['ID=ubuntu\nVERSION_ID="24.04"\nVERSION="24.04.1 LTS (Noble Numbat)"', "ubuntu 24.04", "Ubuntu:24.04:LTS"],
  ['ID=ubuntu\nVERSION_ID="24.10"\nVERSION="24.10 (ALTS)"', "ubuntu 24.10", "Ubuntu:24.10"],
  ["ID=ubuntu\nVERSION_ID=24.04.1", "ubuntu 24.04.1", undefined],
  ["ID=wolfi", "wolfi", "Wolfi"],
  ["ID=chainguard", "chainguard", "Chainguard"],
  ["  ID=fedora  \nVERSION_ID=40", "fedora 40", undefined],
  ["VERSION_ID=40", "40", undefined],
  ["", "an unnamed distribution", undefined],
  ["# ID=debian\nid=debian", "an unnamed distribution", undefined],
  ['PRETTY_NAME="a \\"b\\" \\$c"', 'a "b" $c', undefined],
  ['PRETTY_NAME="half', '"half', undefined],
])("%j is called %s, with data of %s", (text, name, ecosystem) => {
  expect(readOsRelease(text)).toEqual({ name, ...(ecosystem === undefined ? {} : { ecosystem }) });
});
