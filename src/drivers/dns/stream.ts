/** Reads messages that follow their length in two octets (RFC 1035, section 4.2.2), in whatever pieces they come. */
export function messages(): (chunk: Buffer) => Generator<Buffer> {
  let pending = Buffer.alloc(0);
  return function* read(chunk) {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE()) {
      const end = 2 + pending.readUInt16BE();
      const message = pending.subarray(2, end);
      pending = pending.subarray(end);
      yield message;
    }
  };
}

export function framed(message: Uint8Array): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}
