import {
  ExpiredImportTokenException,
  IncorrectKeyMaterialException,
  InvalidCiphertextException,
  InvalidImportTokenException,
  NotFoundException,
  type ImportKeyMaterialCommandInput,
} from "@aws-sdk/client-kms";
import { currentMaterial, keys, type KeyMaterialRecord, type KeyRecord } from "../../state/kms/keys.ts";
import { withoutSecret } from "../../state/kms/lifecycle.ts";
import { wrapMaterial } from "../../state/kms/material.ts";
import { lengthWithin, oneOf } from "../constraints.ts";
import { because, type OperationContext } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { externalKey, readToken } from "./import-parameters.ts";
import { DAY, ENDING, invalid, keyPermission, onKey, operation, refuse, refuseStates, requireOwnKey } from "./key.ts";
import { kindOf, readMaterial, type ClearMaterial } from "./key-specs.ts";
import { unwrap } from "./unwrap.ts";

export const importKeyMaterial = operation("ImportKeyMaterial", {
  authorize: ({ KeyId, ExpirationModel = "KEY_MATERIAL_EXPIRES", ValidTo }, at) =>
    keyPermission("ImportKeyMaterial", at, KeyId, {
      "kms:ExpirationModel": ExpirationModel,
      "kms:ValidTo": ValidTo?.toISOString(),
    }),
  run(input, context) {
    const { state, now } = context;
    const key = externalKey(requireOwnKey(context, input.KeyId));
    refuseStates(key, now, ...ENDING);
    const expiresAt = expiration(input, now);
    const clear = unwrapped(input, key, context);
    const publicKey = clear.publicKey?.toString("base64");
    const fresh = wrapMaterial(
      context.secrets,
      key,
      clear.secret,
      defined({ publicKey, expiresAt, description: input.KeyMaterialDescription }),
    );
    const material = withImported(key, fresh, input, now);
    state.commit(() => state.table(keys).put({ ...key, material }));
    return { KeyId: key.arn, ...(key.spec === "SYMMETRIC_DEFAULT" ? { KeyMaterialId: fresh.id } : {}) };
  },
});

/** @throws ValidationException */
function expiration({ ExpirationModel: model = "KEY_MATERIAL_EXPIRES", ValidTo, ...rest }: ImportKeyMaterialCommandInput, now: number) {
  refuse(
    oneOf("expirationModel", model, ["KEY_MATERIAL_EXPIRES", "KEY_MATERIAL_DOES_NOT_EXPIRE"]),
    oneOf("importType", rest.ImportType, ["NEW_KEY_MATERIAL", "EXISTING_KEY_MATERIAL"]),
    lengthWithin("keyMaterialDescription", rest.KeyMaterialDescription, 0, 256),
  );
  if (model === "KEY_MATERIAL_DOES_NOT_EXPIRE") {
    if (ValidTo) throw invalid("A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE");
    return undefined;
  }
  if (!ValidTo) throw invalid("A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES");
  const at = ValidTo.getTime();
  // Source: KMS API Reference, `ImportKeyMaterial`, `ValidTo`: at most 365 days from the request.
  if (at <= now || at > now + 365 * DAY) throw invalid("The validTo date must be in the future, and at most 365 days away.");
  return at;
}

/** @throws InvalidImportTokenException, ExpiredImportTokenException, InvalidCiphertextException, IncorrectKeyMaterialException */
function unwrapped(input: ImportKeyMaterialCommandInput, key: KeyRecord, { secrets, now }: OperationContext): ClearMaterial {
  const token = readToken(secrets, input.ImportToken ?? new Uint8Array());
  if (token.key !== key.arn) throw new InvalidImportTokenException(because("The import token is not one of this key."));
  if (token.expiresAt <= now) throw new ExpiredImportTokenException(because("The import token has expired."));
  const bytes = unwrap(token.wrapping, Buffer.from(token.privateKey, "base64"), input.EncryptedKeyMaterial ?? new Uint8Array());
  if (!bytes) throw new InvalidCiphertextException(because(""));
  const kind = kindOf(key.spec);
  const clear = kind && readMaterial(kind, bytes);
  if (!clear) throw new IncorrectKeyMaterialException(because(`The key material is not one of the key spec ${key.spec}.`));
  return clear;
}

/**
 * The materials of a key after an import. Material that was lost comes back; another one than before is taken only where it is announced as
 * new, and then waits for a rotation. Source: KMS Developer Guide, "Importing key material", "Rotate keys with imported material".
 */
function withImported(
  { material: known, spec }: KeyRecord,
  fresh: KeyMaterialRecord,
  { ImportType, KeyMaterialId: expected }: ImportKeyMaterialCommandInput,
  now: number,
): readonly KeyMaterialRecord[] {
  const other = (text: string): Error => new IncorrectKeyMaterialException(because(text));
  if (expected !== undefined && expected !== fresh.id) throw other("The key material is not the one that KeyMaterialId names.");
  const before = known.find(({ id }) => id === fresh.id);
  if (before) {
    if (ImportType === "NEW_KEY_MATERIAL") throw other("The key material is already associated with this key.");
    const { expiresAt: _, ...kept } = before;
    return known.map((one) => (one === before ? { ...kept, ...fresh } : one));
  }
  if (known.length === 0) return [{ ...fresh, since: now }];
  if (ImportType !== "NEW_KEY_MATERIAL" || spec !== "SYMMETRIC_DEFAULT")
    throw other("The key material in the request is not the same key material that was previously imported into this KMS key.");
  return [...known.filter(({ since }) => since !== undefined), fresh];
}

export const deleteImportedKeyMaterial = operation("DeleteImportedKeyMaterial", {
  authorize: onKey("DeleteImportedKeyMaterial"),
  run({ KeyId, KeyMaterialId }, context) {
    const { state, now } = context;
    const key = externalKey(requireOwnKey(context, KeyId));
    refuseStates(key, now, ...ENDING);
    const id = KeyMaterialId ?? currentMaterial(key)?.id;
    if (KeyMaterialId !== undefined && !key.material.some((one) => one.id === id))
      throw new NotFoundException(because(`Key material ${KeyMaterialId} does not exist`));
    // Material that waits for its rotation leaves nothing behind; other material may be imported again.
    const material = key.material.flatMap((one) => (one.id !== id ? [one] : one.since === undefined ? [] : [withoutSecret(one)]));
    state.commit(() => state.table(keys).put({ ...key, material }));
    return { KeyId: key.arn, ...(id === undefined || key.spec !== "SYMMETRIC_DEFAULT" ? {} : { KeyMaterialId: id }) };
  },
});
