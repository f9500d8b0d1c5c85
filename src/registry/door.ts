/** What the door does for those who come through it. */
export interface RegistryDoor {
  /** To be called as soon as it is known who asks: the connection is kept then. */
  known(): void;
  /** Waits for the turn of a request of nobody. @throws where it does not come; the connection is closed then */
  turn(): Promise<void>;
}

/** Before anything is read of a body, it is known who sends it; who shows nothing good waits for the refusal. */
export async function admitted<T>(door: RegistryDoor, check: () => T): Promise<T> {
  try {
    const shown = check();
    door.known();
    return shown;
  } catch (cause) {
    await door.turn();
    throw cause;
  }
}
