import fc from "fast-check";
import { expect, test } from "vitest";
import { commonValues } from "./common-values.ts";

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

test("what records have in common becomes one object", () => {
  const common = commonValues();
  const record = { arn: "a", network: { subnets: ["subnet-a", "subnet-b"] }, tags: [], containers: [{ name: "app", id: "1" }] };
  const first = common(copy(record));
  const second = common({ ...copy(record), containers: [{ name: "app", id: "2" }] });
  expect(second.network).toBe(first.network);
  expect(second.tags).toBe(first.tags);
  expect(second.containers).toEqual([{ name: "app", id: "2" }]);
});

test("what is another in each record is looked for a while, and then left alone", () => {
  const common = commonValues();
  for (let at = 0; at < 1000; at += 1) common({ own: { id: at } });
  const [a, b] = [common({ own: { id: 2000 } }), common({ own: { id: 2000 } })];
  expect(a.own).toEqual(b.own);
  expect(a.own).not.toBe(b.own);
});

test("records say what they said, whatever came before", () => {
  const value = fc.oneof({ depthSize: "small" }, fc.jsonValue(), fc.constantFrom("[]", [], "{}", {}, "null", null, "1", 1));
  fc.assert(
    fc.property(fc.array(fc.dictionary(fc.constantFrom("a", "b", "__proto__", "list"), value, { noNullPrototype: true })), (records) => {
      const common = commonValues();
      for (const record of records) {
        const text = JSON.stringify(record);
        expect(JSON.stringify(common(JSON.parse(text) as object))).toBe(text);
      }
    }),
  );
});
