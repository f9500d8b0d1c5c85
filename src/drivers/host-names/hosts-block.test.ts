import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { blockText, DamagedBlockError, rivals, withBlock, withoutBlock, type HostsBlock } from "./hosts-block.ts";

const block: HostsBlock = {
  owner: "0a1b2c3d",
  address: "127.45.66.1",
  hosts: ["123456789012.dkr.ecr.us-east-1.amazonaws.com", "123456789012.dkr.ecr.ap-south-1.amazonaws.com"],
};
const other: HostsBlock = { ...block, owner: "ffffffff", address: "127.45.66.2" };

const BLOCK = `# BEGIN airfield 0a1b2c3d. Written by \`airfield hosts install\`; \`airfield hosts remove\` takes it out.
127.45.66.1 123456789012.dkr.ecr.us-east-1.amazonaws.com
127.45.66.1 123456789012.dkr.ecr.ap-south-1.amazonaws.com
# END airfield 0a1b2c3d
`;

describe("what the file looks like afterwards", () => {
  test.each([
    ["an empty file holds the block alone", "", BLOCK],
    ["the block comes last", "127.0.0.1 localhost\n", `127.0.0.1 localhost\n${BLOCK}`],
    [
      "a missing newline is added and noted",
      "127.0.0.1 localhost",
      `127.0.0.1 localhost\n${BLOCK.replace("out.\n", "out. The line above had no newline.\n")}`,
    ],
    ["blank lines at the end stay", "127.0.0.1 localhost\n\n\n", `127.0.0.1 localhost\n\n\n${BLOCK}`],
    ["a block of another installation stays", blockText(other), `${blockText(other)}${BLOCK}`],
  ])("%s", (_, before, after) => {
    expect(withBlock(before, block)).toBe(after);
    expect(withoutBlock(after, block.owner)).toBe(before);
  });

  test("a changed block stands where it stood, between the lines of others", () => {
    const text = `127.0.0.1 localhost\n${BLOCK}10.0.0.1 later\n`;
    const changed = withBlock(text, { ...block, hosts: block.hosts.slice(0, 1) });
    expect(changed).toBe(`127.0.0.1 localhost\n${BLOCK.replace(/^.*ap-south-1.*\n/m, "")}10.0.0.1 later\n`);
    expect(withoutBlock(changed, block.owner)).toBe("127.0.0.1 localhost\n10.0.0.1 later\n");
  });

  test("a line that somebody wrote below does not run into the one above", () => {
    const text = `${withBlock("127.0.0.1 localhost", block)}10.0.0.1 later`;
    expect(withoutBlock(text, block.owner)).toBe("127.0.0.1 localhost\n10.0.0.1 later");
  });

  test.each([
    ["its end is gone", BLOCK.replace(/^# END.*\n/m, "")],
    ["its beginning is gone", BLOCK.replace(/^# BEGIN.*\n/m, "")],
    ["it stands twice", BLOCK + BLOCK],
    ["it is upside down", "# END airfield 0a1b2c3d\n# BEGIN airfield 0a1b2c3d. x\n"],
  ])("nothing is edited where %s", (_, text) => {
    expect(() => withBlock(text, block)).toThrow(DamagedBlockError);
    expect(() => withoutBlock(text, block.owner)).toThrow(DamagedBlockError);
  });
});

describe("laws", () => {
  const line = fc.oneof(
    fc.string().map((text) => text.replaceAll(/[\n]/g, "")),
    fc.constantFrom(
      "127.0.0.1 localhost",
      "# a comment",
      "",
      "\t10.0.0.1  a b\r",
      ...BLOCK.split("\n").slice(1, 3),
      ...blockText(other).split("\n").slice(0, -1),
    ),
  );
  const texts = fc.tuple(fc.array(line), fc.constantFrom("", "\n")).map(([lines, end]) => lines.join("\n") + end);
  const blocks = fc
    .uniqueArray(fc.stringMatching(/^[a-z0-9]{1,12}\.test$/), { minLength: 1, maxLength: 4 })
    .map((hosts): HostsBlock => ({ ...block, hosts }));

  test("removing what was installed gives back the same text", () => {
    fc.assert(
      fc.property(texts, blocks, (text, one) => {
        expect(withoutBlock(withBlock(text, one), one.owner)).toBe(text);
      }),
    );
  });

  test("installing twice is installing once, and the last one counts", () => {
    fc.assert(
      fc.property(texts, blocks, blocks, (text, one, two) => {
        expect(withBlock(withBlock(text, one), one)).toBe(withBlock(text, one));
        expect(withBlock(withBlock(text, one), two)).toBe(withBlock(text, two));
      }),
    );
  });

  test("removing twice is removing once", () => {
    fc.assert(
      fc.property(texts, blocks, (text, one) => {
        const removed = withoutBlock(withBlock(text, one), one.owner);
        expect(withoutBlock(removed, one.owner)).toBe(removed);
      }),
    );
  });

  test("blocks of two installations do not touch each other, in whichever order they go", () => {
    // Lines of the other's block are left out of the text here: half a block is refused, see above.
    const plain = texts.filter((text) => !text.includes("airfield ffffffff"));
    fc.assert(
      fc.property(plain, blocks, (text, one) => {
        const both = withBlock(withBlock(text, one), other);
        expect(withoutBlock(both, one.owner)).toContain(blockText(other));
        expect(withoutBlock(both, other.owner)).toContain(one.hosts[0]);
        expect(withoutBlock(withoutBlock(both, other.owner), one.owner)).toBe(text);
      }),
    );
  });
});

test("rivals are lines of others that give a host of ours another address", () => {
  const text = [
    "10.0.0.7 123456789012.dkr.ecr.us-east-1.amazonaws.com # a mirror",
    "# 10.0.0.8 123456789012.dkr.ecr.us-east-1.amazonaws.com",
    "127.45.66.1 123456789012.dkr.ecr.us-east-1.amazonaws.com",
    "  10.0.0.9\tother  123456789012.DKR.ecr.ap-south-1.amazonaws.com",
    BLOCK.replaceAll("127.45.66.1", "127.45.66.9"),
  ].join("\n");
  expect(rivals(text, block)).toEqual([
    { line: 1, address: "10.0.0.7", host: "123456789012.dkr.ecr.us-east-1.amazonaws.com" },
    { line: 4, address: "10.0.0.9", host: "123456789012.DKR.ecr.ap-south-1.amazonaws.com" },
  ]);
});
