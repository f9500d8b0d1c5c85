import { createRequire } from "node:module";
import { getSystemErrorName } from "node:util";
import { errorText } from "../../domain/error-text.ts";
import { answersIn } from "./element-messages.ts";
import { NftRefusedError } from "./nft.ts";

/** The kernel's own way to be told of what `nft` tells it, without looking at all that there is before. */
export interface Netlink {
  /**
   * Carries out messages as one transaction. The kernel works on them in a thread of its own. Rejects with `NftRefusedError`: then nothing has changed, or nobody knows.
   */
  run(messages: Buffer): Promise<void>;
}

/** What a socket takes at once where nobody has changed the host's `wmem_default`, with room for what the kernel adds. */
export const MOST_BYTES = 128 * 1024;

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const NETLINK_NETFILTER = 12;
const MSG_DONTWAIT = 0x40;
/** More than the answers to what a transaction of `MOST_BYTES` has wrong, and what is wrong is told first. */
const ANSWER_BYTES = 256 * 1024;

/** As far as it is used here: https://koffi.dev */
interface Koffi {
  load(path: null): { func(declaration: string): Foreign };
}

interface Foreign {
  (...args: readonly unknown[]): number;
  readonly async: (...args: readonly unknown[]) => void;
}

/** `undefined` where this machine's C library cannot be called from here, as on systems for which the library that does so was not made: `missing` is told why. */
export function kernelNetlink(missing: (why: string) => void = () => undefined): Netlink | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const koffi = createRequire(import.meta.url)("koffi") as Koffi;
    const c = koffi.load(null);
    const socket = c.func("int socket(int domain, int type, int protocol)");
    const send = c.func("long send(int fd, const void *bytes, size_t length, int flags)");
    const receive = c.func("long recv(int fd, _Out_ void *bytes, size_t length, int flags)");
    const close = c.func("int close(int fd)");
    /** Kept: who closes one waits until the kernel has cleaned up after what was deleted, some ten milliseconds. */
    let open: number | undefined;
    /** One after the other: the answers come over one socket. */
    let lane: Promise<unknown> = Promise.resolve();

    const answer = Buffer.alloc(ANSWER_BYTES);
    const answers = (fd: number): readonly number[] => {
      const codes: number[] = [];
      for (;;) {
        const got = receive(fd, answer, answer.length, MSG_DONTWAIT);
        if (got <= 0) return codes;
        codes.push(...answersIn(answer.subarray(0, got)));
      }
    };

    async function transact(messages: Buffer): Promise<void> {
      const fd = (open ??= socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_NETFILTER));
      const sent = fd < 0 ? fd : await inThread(send, fd, messages, messages.length, 0);
      // The answers are there once it has been sent.
      const codes = fd < 0 ? [] : answers(fd);
      const wrong = codes.find((code) => code !== 0);
      if (sent === messages.length && codes.length > 0 && wrong === undefined) return;
      open = undefined;
      if (fd >= 0) close(fd);
      throw new NftRefusedError(
        `the kernel refuses a change of its packet filter${wrong === undefined ? ", or does not say whether it took it" : `: ${getSystemErrorName(wrong)}`}`,
      );
    }

    return {
      run(messages) {
        const done = lane.then(() => transact(messages));
        lane = done.catch(() => undefined);
        return done;
      },
    };
  } catch (cause) {
    missing(errorText(cause));
    return undefined;
  }
}

function inThread(foreign: Foreign, ...args: readonly unknown[]): Promise<number> {
  return new Promise((resolve, reject) =>
    foreign.async(...args, (error: Error | null, result: number) => (error ? reject(error) : resolve(result))),
  );
}
