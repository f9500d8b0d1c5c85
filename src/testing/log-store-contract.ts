import { expect, test } from "vitest";
import type { LogEvent, LogStore, LogStreamKey } from "../ports/log-store.ts";

const KEY: LogStreamKey = { account: "123456789012", region: "us-east-1", group: "/ecs/web", stream: "web/app/1" };
const OTHER: LogStreamKey = { ...KEY, stream: "web/app/2" };
const GROUP = { account: KEY.account, region: KEY.region, group: KEY.group };
const NOON = Date.UTC(2026, 0, 1, 12);

const at = (offset: number, message = `line at ${offset}`): LogEvent => ({ timestamp: NOON + offset, message });

/**
 * What every log store must do.
 * @param open makes an empty store
 */
export function logStoreContract(open: () => LogStore): void {
  async function withStore(run: (store: LogStore) => Promise<void>): Promise<void> {
    const store = open();
    try {
      await run(store);
    } finally {
      await store.close();
    }
  }
  const messages = (store: LogStore, query: Partial<Parameters<LogStore["query"]>[0]> = {}): string[] =>
    store.query({ ...GROUP, limit: 100, ...query }).map(({ message }) => message);

  test("events come back in the order of time, and within one millisecond in the order they came", () =>
    withStore(async (store) => {
      await store.append(KEY, [at(1, "b"), at(2, "d")], NOON);
      await store.append(OTHER, [at(0, "a"), at(1, "c")], NOON);
      expect(messages(store)).toEqual(["a", "b", "c", "d"]);
      expect(messages(store, { backward: true })).toEqual(["d", "c", "b", "a"]);
      expect(messages(store, { streams: [KEY.stream] })).toEqual(["b", "d"]);
      expect(messages(store, { streams: [KEY.stream, OTHER.stream], limit: 3 })).toEqual(["a", "b", "c"]);
    }));

  test("an event tells its stream, its times and an id that grows", () =>
    withStore(async (store) => {
      await store.append(KEY, [at(5, "first"), at(5, "second")], NOON + 9);
      const [first, second] = store.query({ ...GROUP, limit: 2 });
      expect(first).toMatchObject({ stream: KEY.stream, timestamp: NOON + 5, ingestionTime: NOON + 9, message: "first" });
      expect(second!.id).toBeGreaterThan(first!.id);
    }));

  test("a range includes its start and excludes its end", () =>
    withStore(async (store) => {
      await store.append(KEY, [at(0, "a"), at(1, "b"), at(2, "c")], NOON);
      expect(messages(store, { startTime: NOON + 1, endTime: NOON + 2 })).toEqual(["b"]);
    }));

  test("a cursor continues after the event it names, in both directions, also among events of one millisecond", () =>
    withStore(async (store) => {
      await store.append(KEY, [at(0, "a"), at(1, "b"), at(1, "c"), at(1, "d"), at(2, "e")], NOON);
      const cursor = store.query({ ...GROUP, limit: 3 }).at(-1)!;
      expect(messages(store, { cursor })).toEqual(["d", "e"]);
      expect(messages(store, { cursor, backward: true })).toEqual(["b", "a"]);
    }));

  test("groups, regions and accounts do not see each other's events", () =>
    withStore(async (store) => {
      await store.append(KEY, [at(0)], NOON);
      for (const elsewhere of [{ account: "210987654321" }, { region: "eu-west-1" }, { group: "/ecs/api" }])
        expect(messages(store, elsewhere)).toEqual([]);
    }));

  test("text of any kind comes back as it was", () =>
    withStore(async (store) => {
      const odd = ["emoji 🛩 and ü", 'quotes " and \\ and \u0000 zero', "two\nlines", "x".repeat(300_000)];
      await store.append(
        KEY,
        odd.map((message) => at(0, message)),
        NOON,
      );
      expect(messages(store)).toEqual(odd);
    }));

  test.each([
    ["a group", undefined],
    ["several streams", ["s", "other"]],
    ["one stream", ["s"]],
  ])("an answer ends where it is long enough, and the next goes on behind it: %s", (_what, streams) =>
    withStore(async (store) => {
      const names = streams?.length === 1 ? ["s"] : ["s", "other"];
      const wanted = Array.from({ length: 12 }, (_, index) => `${index} `.padEnd(index % 3 === 0 ? 100 : 10, "x"));
      for (const [index, message] of wanted.entries())
        await store.append({ ...KEY, stream: names[index % names.length]! }, [at(index, message)], NOON);
      for (const backward of [false, true]) {
        const found: string[] = [];
        let [cursor, pages] = [undefined as { timestamp: number; id: number } | undefined, 0];
        for (;;) {
          const page = store.query({
            ...GROUP,
            limit: 100,
            mostLength: 100,
            backward,
            ...(streams ? { streams } : {}),
            ...(cursor ? { cursor } : {}),
          });
          cursor = page.at(-1);
          if (!cursor) break;
          pages += 1;
          expect(page.slice(0, -1).reduce((sum, { message }) => sum + message.length, 0)).toBeLessThan(200);
          found.push(...page.map(({ message }) => message));
        }
        expect(found).toEqual(backward ? wanted.toReversed() : wanted);
        expect(pages).toBeGreaterThanOrEqual(4);
      }
    }),
  );

  test("the extent is known by time, not by order of arrival", () =>
    withStore(async (store) => {
      expect(store.extent(KEY)).toBeUndefined();
      await store.append(KEY, [at(5)], NOON + 10);
      await store.append(KEY, [at(2), at(3)], NOON + 20);
      expect(store.extent(KEY)).toEqual({ first: NOON + 2, last: NOON + 5, lastIngestion: NOON + 20 });
    }));

  test("the position is stored with the events, and also without any", () =>
    withStore(async (store) => {
      expect(store.position(KEY)).toBeUndefined();
      await store.append(KEY, [at(0)], NOON, "p1");
      expect(store.position(KEY)).toBe("p1");
      await store.append(KEY, [], NOON, "p2");
      await store.append(KEY, [at(1)], NOON);
      expect(store.position(KEY)).toBe("p2");
      expect(store.position(OTHER)).toBeUndefined();
    }));

  test("stored bytes are those of the messages and 26 for each event", () =>
    withStore(async (store) => {
      expect(store.storedBytes(GROUP)).toBe(0);
      await store.append(KEY, [at(0, "abc"), at(10, "ü")], NOON);
      expect(store.storedBytes(GROUP)).toBe(3 + 2 + 2 * 26);
      await store.expire(GROUP, NOON + 5);
      expect(store.storedBytes(GROUP)).toBe(2 + 26);
      await store.remove(GROUP);
      expect(store.storedBytes(GROUP)).toBe(0);
    }));

  test("a removed stream takes its events and its position with it, and one of the same name starts empty", () =>
    withStore(async (store) => {
      await store.append(KEY, [at(0, "old")], NOON, "p1");
      await store.append(OTHER, [at(0, "kept")], NOON);
      await store.remove(KEY);
      expect(store.position(KEY)).toBeUndefined();
      expect(messages(store)).toEqual(["kept"]);
      await store.append(KEY, [at(1, "new")], NOON);
      expect(messages(store, { streams: [KEY.stream] })).toEqual(["new"]);
    }));

  test("a removed group takes all of its streams with it", () =>
    withStore(async (store) => {
      await Promise.all([
        store.append(KEY, [at(0)], NOON),
        store.append(OTHER, [at(0)], NOON),
        store.append({ ...KEY, group: "g2" }, [at(0, "kept")], NOON),
      ]);
      await store.remove(GROUP);
      expect(messages(store)).toEqual([]);
      expect(store.extent(KEY)).toBeUndefined();
      expect(messages(store, { group: "g2" })).toEqual(["kept"]);
    }));

  test("expiry forgets what is older, and tells how many", () =>
    withStore(async (store) => {
      const many = Array.from({ length: 5_000 }, (_, index) => at(index));
      await store.append(KEY, many, NOON);
      expect(await store.expire(GROUP, NOON + 4_990)).toBe(4_990);
      expect(messages(store)).toEqual(many.slice(4_990).map(({ message }) => message));
      expect(await store.expire({ ...GROUP, group: "none" }, NOON)).toBe(0);
    }));

  test("appends made at once are all stored", () =>
    withStore(async (store) => {
      await Promise.all(Array.from({ length: 500 }, (_, index) => store.append(index % 2 ? KEY : OTHER, [at(index)], NOON)));
      expect(store.query({ ...GROUP, limit: 1_000 }).map(({ timestamp }) => timestamp - NOON)).toEqual(
        Array.from({ length: 500 }, (_, index) => index),
      );
    }));

  test("an event that cannot be stored takes none of its call with it, and does not keep later ones out", () =>
    withStore(async (store) => {
      const broken = { timestamp: NOON, message: null as unknown as string };
      await expect(store.append(KEY, [at(0, "with it"), broken], NOON)).rejects.toBeInstanceOf(Error);
      await store.append(KEY, [at(1, "after")], NOON);
      expect(messages(store)).toEqual(["after"]);
    }));
}
