/**
 * There is no room on the disk for what is new: nothing of it was kept, unless whoever throws this says otherwise. Trying again helps once there
 * is room.
 */
export class NoRoomError extends Error {
  override readonly name = "NoRoomError";

  constructor(message = "there is no room on the disk", options?: ErrorOptions) {
    super(message, options);
  }
}
