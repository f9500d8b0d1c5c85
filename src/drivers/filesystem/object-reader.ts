import { constants } from "node:fs";
import { open, realpath } from "node:fs/promises";
import { sep } from "node:path";
import { LARGEST_OBJECT, ObjectTooLargeError, type ObjectName, type ObjectReader } from "../../ports/object-reader.ts";
import { objectPath } from "./object-path.ts";

/** Reads the files of a folder as objects: `<folder>/<bucket>/<key>`. Nothing outside of the folder is read, wherever links lead. Files have no versions. */
export function folderObjectReader(folder: string): ObjectReader {
  return {
    async read({ bucket, key, version }: ObjectName) {
      const named = objectPath(folder, bucket, key);
      if (version !== undefined || named === undefined) return undefined;
      try {
        const root = await realpath(folder);
        const path = await realpath(named);
        if (!path.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined;
        // Not blocking: a named pipe would wait for who writes it.
        const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
        try {
          const stat = await file.stat();
          if (!stat.isFile()) return undefined;
          if (stat.size > LARGEST_OBJECT) throw new ObjectTooLargeError(`${path} has ${stat.size} bytes`);
          return await file.readFile();
        } finally {
          await file.close();
        }
      } catch (cause) {
        if (cause instanceof Error && "code" in cause && NOT_THERE.has(String(cause.code))) return undefined;
        throw cause;
      }
    },
  };
}

const NOT_THERE = new Set(["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG", "ENXIO"]);
