import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hostNameServers } from "./name-servers.ts";

test("name servers are those of the first file that names any beyond loopback, of IPv4", () => {
  const folder = mkdtempSync(join(tmpdir(), "airfield-name-servers-"));
  try {
    const stub = join(folder, "stub");
    const behind = join(folder, "behind");
    writeFileSync(stub, "nameserver 127.0.0.53\noptions edns0\n");
    writeFileSync(behind, "# of the link\nnameserver 10.20.0.53\n nameserver 192.0.2.9 \nnameserver fe80::1\nsearch lan\n");
    expect(hostNameServers([stub, join(folder, "nothing"), behind])).toEqual(["10.20.0.53", "192.0.2.9"]);
    expect(hostNameServers([stub])).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
