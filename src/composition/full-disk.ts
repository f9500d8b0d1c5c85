import type { Troubles } from "../drivers/filesystem/troubles.ts";
import { fullDiskText } from "../drivers/sqlite/disk-room.ts";
import type { Start } from "./options.ts";

/** Says that the disk is full, with the folder and the remedy, and that it no longer is: in the log, and where `airfield status` looks. */
export function fullDisk({ options: { dataDirectory }, logger }: Start, troubles: Troubles): (room: boolean, cause?: unknown) => void {
  const text = fullDiskText(dataDirectory);
  return (room, cause) => {
    troubles.tell("disk", room ? undefined : text);
    if (room) logger.warn("there is room on the disk again; changes are accepted", { folder: dataDirectory });
    else logger.error(text, { cause: String(cause) });
  };
}
