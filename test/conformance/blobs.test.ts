import { describe, expect, test } from "vitest";
import {
  conformanceWorld,
  digestOf,
  expectBlob,
  expectCreated,
  expectDeleted,
  FIRST,
  locationOf,
  pushBlob,
  randomBlob,
  SECOND,
  startUpload,
  THREE_CHUNKS,
  UPLOADS,
} from "./distribution-client.ts";

const ALGORITHMS = ["sha256", "sha512"] as const;

describe.each(ALGORITHMS)("%s blobs", (algorithm) => {
  test.each(Object.keys(UPLOADS))("%s: pushed, found, pulled, deleted", async (way) => {
    await using world = await conformanceWorld();
    const { size, upload } = UPLOADS[way]!;
    const bytes = randomBlob(size);
    const push = { world, repository: FIRST, bytes, digest: digestOf(bytes, algorithm) };
    const answer = await upload(push);
    expectCreated(answer, push.digest);
    await expectBlob(push, locationOf(answer));
    await expectDeleted(world, `/v2/${FIRST}/blobs/${push.digest}`);
    expect(world.defects).toEqual([]);
  });

  test.each(
    Object.keys(UPLOADS).flatMap((way) => [
      { way, content: "an empty blob", bytes: Buffer.alloc(0) },
      { way, content: "an empty JSON object", bytes: Buffer.from("{}") },
    ]),
  )("$content, $way", async ({ way, bytes }) => {
    await using world = await conformanceWorld();
    const push = { world, repository: FIRST, bytes, digest: digestOf(bytes, algorithm) };
    // One chunk cannot be out of order.
    const answer = await UPLOADS[way.replace("out-of-order", "multi")]!.upload(push);
    expectCreated(answer, push.digest);
    await expectBlob(push, locationOf(answer));
    await expectDeleted(world, `/v2/${FIRST}/blobs/${push.digest}`);
    expect(world.defects).toEqual([]);
  });

  test.each(Object.keys(UPLOADS))("%s: bytes of another digest are refused and not kept", async (way) => {
    await using world = await conformanceWorld();
    const bytes = randomBlob(THREE_CHUNKS);
    const digest = digestOf(bytes, algorithm);
    const answer = await UPLOADS[way]!.upload({ world, repository: FIRST, bytes: Buffer.concat([bytes, Buffer.from("more")]), digest });
    expect([answer.status, await answer.json()]).toMatchObject([400, { errors: [{ code: "DIGEST_INVALID" }] }]);
    expect((await world.fetch(`/v2/${FIRST}/blobs/${digest}`, { method: "HEAD" })).status).toBe(404);
    expect(world.defects).toEqual([]);
  });

  test("mounted from another repository, named or not; not where it is missing", async () => {
    await using world = await conformanceWorld();
    const bytes = randomBlob(512);
    const push = { world, repository: SECOND, bytes, digest: digestOf(bytes, algorithm) };
    const mount = (query: string): Promise<Response> =>
      world.fetch(`/v2/${FIRST}/blobs/uploads/?mount=${push.digest}${query}`, { method: "POST" });
    for (const query of ["", `&from=${SECOND}`]) expect((await mount(query)).status).toBe(202);
    await pushBlob(push);
    for (const query of [`&from=${SECOND}`, ""]) {
      const mounted = await mount(query);
      expectCreated(mounted, push.digest);
      await expectBlob({ ...push, repository: FIRST }, locationOf(mounted));
      await expectDeleted(world, `/v2/${FIRST}/blobs/${push.digest}`);
      await expectBlob(push);
    }
    expect((await mount("&from=conformance/none")).status).toBe(202);
  });

  test.each([
    ["bytes=500-1499", 206, "bytes 500-1499/2048", [500, 1500]],
    ["bytes=500-", 206, "bytes 500-2047/2048", [500, 2048]],
    ["bytes=-500", 206, "bytes 1548-2047/2048", [1548, 2048]],
    ["bytes=2000-5000", 206, "bytes 2000-2047/2048", [2000, 2048]],
  ] as const)("range %s", async (range, status, contentRange, part) => {
    await using world = await conformanceWorld();
    const bytes = randomBlob(2048);
    const digest = await pushBlob({ world, repository: FIRST, bytes, digest: digestOf(bytes, algorithm) });
    const answer = await world.fetch(`/v2/${FIRST}/blobs/${digest}`, { headers: { range } });
    expect([answer.status, answer.headers.get("content-range")]).toEqual([status, contentRange]);
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes.subarray(...part))).toBe(true);
  });

  test.each(["bytes=500-0", "bytes=5000-10000"])("range %s holds nothing of it", async (range) => {
    await using world = await conformanceWorld();
    const digest = await pushBlob({ world, repository: FIRST, bytes: randomBlob(2048) });
    const answer = await world.fetch(`/v2/${FIRST}/blobs/${digest}`, { headers: { range } });
    expect([answer.status, answer.headers.get("content-range")]).toEqual([416, "bytes */2048"]);
  });

  test("an upload that names its algorithm at the start", async () => {
    await using world = await conformanceWorld();
    const bytes = randomBlob(512);
    const started = await world.fetch(`/v2/${FIRST}/blobs/uploads/?digest-algorithm=${algorithm}`, { method: "POST" });
    const digest = digestOf(bytes, algorithm);
    expect(started.status).toBe(202);
    expectCreated(await world.fetch(`${locationOf(started)}?digest=${digest}`, { method: "PUT", body: bytes }), digest);
  });
});

test("a blob that was never pushed: 404", async () => {
  await using world = await conformanceWorld();
  for (const algorithm of ALGORITHMS)
    for (const method of ["GET", "HEAD", "DELETE"])
      expect((await world.fetch(`/v2/${FIRST}/blobs/${digestOf("missing", algorithm)}`, { method })).status).toBe(404);
});

test("an upload that is cancelled is gone, with what it brought", async () => {
  await using world = await conformanceWorld();
  const location = await startUpload({ world, repository: FIRST });
  expect((await world.fetch(location, { method: "PATCH", body: randomBlob(512) })).status).toBe(202);
  expect((await world.fetch(location, { method: "DELETE" })).status).toBe(204);
  for (const method of ["GET", "PATCH", "DELETE"]) {
    const answer = await world.fetch(location, { method });
    expect([answer.status, await answer.json()]).toMatchObject([404, { errors: [{ code: "BLOB_UPLOAD_UNKNOWN" }] }]);
  }
});

test.each(["digest-algorithm=md5", "digest=md5:d41d8cd98f00b204e9800998ecf8427e", "digest=sha512:short", "digest="])(
  "an upload with %s is refused before anything is sent",
  async (query) => {
    await using world = await conformanceWorld();
    const answer = await world.fetch(`/v2/${FIRST}/blobs/uploads/?${query}`, { method: "POST" });
    expect([answer.status, await answer.json()]).toMatchObject([400, { errors: [{ code: "DIGEST_INVALID" }] }]);
  },
);
