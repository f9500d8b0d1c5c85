import { createHash } from "node:crypto";
import { EngineError, type DockerEngine } from "./engine.ts";

/**
 * The image of the container that holds a task's namespaces open: one static ELF executable of about 200 bytes, made here, so
 * that no task of several containers has to pull anything for it. The program ignores SIGCHLD, so that the kernel reaps
 * orphans where the task shares its PID namespace, and then sleeps for ever. As the first process of its namespace it
 * does not hear SIGTERM: end it with SIGKILL.
 */

/** `rt_sigaction(SIGCHLD, {SIG_IGN}, NULL, 8)`, then `pause()` for ever. */
function x86Program(): Buffer {
  const code = Buffer.from([
    ...[0xb8, 13, 0, 0, 0], //                   mov eax, 13      rt_sigaction
    ...[0xbf, 17, 0, 0, 0], //                   mov edi, 17      SIGCHLD
    ...[0x48, 0x8d, 0x35, 23, 0, 0, 0], //       lea rsi, [rip+23]  the struct at offset 40
    ...[0x31, 0xd2], //                          xor edx, edx
    ...[0x41, 0xba, 8, 0, 0, 0], //              mov r10d, 8      size of the mask
    ...[0x0f, 0x05], //                          syscall
    ...[0xb8, 34, 0, 0, 0], //             loop: mov eax, 34      pause
    ...[0x0f, 0x05], //                          syscall
    ...[0xeb, 0xf7], //                          jmp loop
    ...[0x90, 0x90, 0x90, 0x90], //              padding up to the struct
  ]);
  return Buffer.concat([code, ignoreAction()]);
}

/** The same; the architecture has no `pause`, so it waits in `ppoll(NULL, 0, NULL, NULL)`. */
function armProgram(): Buffer {
  const movz = (register: number, value: number): number => (0xd2800000 | (value << 5) | register) >>> 0;
  const SVC = 0xd4000001;
  const words = [
    movz(8, 134), //                             rt_sigaction
    movz(0, 17), //                              SIGCHLD
    0x10000001 | ((13 - 2) << 5), //             adr x1, struct: 11 words on. An immediate counts bytes; its upper part counts words.
    movz(2, 0),
    movz(3, 8),
    SVC,
    movz(0, 0), //                         loop: ppoll's four arguments
    movz(1, 0),
    movz(2, 0),
    movz(3, 0),
    movz(8, 73),
    SVC,
    (0x14000000 | (-6 & 0x3ffffff)) >>> 0, //    b loop
  ];
  const code = Buffer.alloc(words.length * 4);
  words.forEach((word, at) => code.writeUInt32LE(word >>> 0, at * 4));
  return Buffer.concat([code, ignoreAction()]);
}

/** The kernel's `struct sigaction` with the handler SIG_IGN and nothing else. */
function ignoreAction(): Buffer {
  const action = Buffer.alloc(32);
  action.writeBigUInt64LE(1n, 0);
  return action;
}

/** A static ELF executable for the engine's architecture: one header, one segment, the program. */
export function pauseExecutable(architecture: "amd64" | "arm64"): Buffer {
  const program = architecture === "amd64" ? x86Program() : armProgram();
  const base = 0x400000n;
  const headers = 64 + 56;
  const file = Buffer.alloc(headers);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1], 0); //           magic, 64 bit, little endian, version 1
  file.writeUInt16LE(2, 16); //                                 ET_EXEC
  file.writeUInt16LE(architecture === "amd64" ? 62 : 183, 18); // EM_X86_64, EM_AARCH64
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(base + BigInt(headers), 24); //         entry point
  file.writeBigUInt64LE(64n, 32); //                            where the program headers begin
  file.writeUInt16LE(64, 52); //                                size of this header
  file.writeUInt16LE(56, 54); //                                size of a program header
  file.writeUInt16LE(1, 56); //                                 one of them
  const size = BigInt(headers + program.length);
  file.writeUInt32LE(1, 64); //                                 PT_LOAD
  file.writeUInt32LE(5, 68); //                                 readable, executable
  file.writeBigUInt64LE(0n, 72);
  file.writeBigUInt64LE(base, 80);
  file.writeBigUInt64LE(base, 88);
  file.writeBigUInt64LE(size, 96);
  file.writeBigUInt64LE(size, 104);
  file.writeBigUInt64LE(0x10000n, 112); //                      alignment: arm64 kernels may have pages of 64 KiB
  return Buffer.concat([file, program]);
}

/** The archive that `POST /images/load` takes, and the name that it gets there: equal bytes have equal names. */
export function pauseImage(architecture: "amd64" | "arm64"): { readonly name: string; readonly archive: Buffer } {
  const layer = tar([{ path: "pause", mode: 0o755, body: pauseExecutable(architecture) }]);
  const config = Buffer.from(
    JSON.stringify({
      architecture,
      os: "linux",
      created: "1970-01-01T00:00:00Z",
      config: { Entrypoint: ["/pause"] },
      rootfs: { type: "layers", diff_ids: [`sha256:${sha256(layer)}`] },
      history: [{ created: "1970-01-01T00:00:00Z", created_by: "airfield" }],
    }),
  );
  // A domain that nobody has: no task can make the engine pull another image under this name.
  const name = `airfield.invalid/pause:${sha256(config).slice(0, 12)}`;
  const manifest = Buffer.from(JSON.stringify([{ Config: "config.json", RepoTags: [name], Layers: ["layer.tar"] }]));
  const archive = tar([
    { path: "config.json", mode: 0o644, body: config },
    { path: "layer.tar", mode: 0o644, body: layer },
    { path: "manifest.json", mode: 0o644, body: manifest },
  ]);
  return { name, archive };
}

/** Makes sure that the engine has the pause image; the name to create containers from. */
export async function ensurePauseImage(engine: DockerEngine, architecture: string): Promise<string> {
  if (architecture !== "amd64" && architecture !== "arm64")
    throw new Error(`tasks of several containers need an amd64 or arm64 engine; this one is ${architecture}`);
  const { name, archive } = pauseImage(architecture);
  try {
    await engine.call("GET", `/images/${name}/json`);
  } catch (error) {
    if (!(error instanceof EngineError && error.status === 404)) throw error;
    await engine.call("POST", "/images/load", { query: { quiet: true }, body: archive });
  }
  return name;
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A POSIX (ustar) archive of plain files with short names, owned by root, dated to the epoch. */
function tar(files: readonly { readonly path: string; readonly mode: number; readonly body: Buffer }[]): Buffer {
  const blocks = files.flatMap(({ path, mode, body }) => {
    const header = Buffer.alloc(512);
    const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`;
    header.write(path, 0);
    header.write(octal(mode, 7), 100);
    header.write(octal(0, 7), 108);
    header.write(octal(0, 7), 116);
    header.write(octal(body.length, 11), 124);
    header.write(octal(0, 11), 136);
    header.write("        0", 148); // the checksum counts as eight blanks; type: a plain file
    header.write("ustar\u000000", 257);
    header.write(
      `${octal(
        header.reduce((sum, byte) => sum + byte, 0),
        6,
      )} `,
      148,
    );
    return [header, body, Buffer.alloc(-body.length & 511)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
