import { InvalidRequestException, ResourceExistsException } from "@aws-sdk/client-secrets-manager";
import { findSecret, type SecretRecord } from "../../state/secrets.ts";
import { lengthWithin } from "../constraints.ts";
import { because, requestTags, type Permission } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { readValue } from "./key-use.ts";
import { addReplicaKeys, refuseRegions, withReplicas } from "./replicas.ts";
import { futureArn, keyText, operation, putSecret, refuse, refuseName, refuseToken } from "./secret.ts";
import { replicationStatus } from "./shown.ts";
import { refuseTags, tagsByKey } from "./tags.ts";
import { tokenInUse, valueIn, withVersion } from "./versions.ts";

export const createSecret = operation("CreateSecret", {
  authorize(input, at) {
    const resource = futureArn(at, input.Name ?? "");
    const tags = requestTags(tagsByKey(input.Tags));
    const permissions: Permission[] = [
      {
        action: "secretsmanager:CreateSecret",
        resource,
        context: {
          "secretsmanager:Name": input.Name,
          "secretsmanager:Description": input.Description,
          "secretsmanager:KmsKeyId": input.KmsKeyId,
          ...addReplicaKeys(input.AddReplicaRegions),
          "secretsmanager:ForceOverwriteReplicaSecret": keyText(input.ForceOverwriteReplicaSecret),
          ...tags,
        },
      },
    ];
    if (input.Tags?.length) permissions.push({ action: "secretsmanager:TagResource", resource, context: tags });
    if (input.AddReplicaRegions?.length)
      permissions.push({
        action: "secretsmanager:ReplicateSecretToRegions",
        resource,
        context: {
          ...addReplicaKeys(input.AddReplicaRegions),
          "secretsmanager:ForceOverwriteReplicaSecret": keyText(input.ForceOverwriteReplicaSecret),
        },
      });
    return permissions;
  },
  run(input, context) {
    const { account, region, now, state, ids } = context;
    const name = input.Name ?? "";
    refuseName(name);
    refuseToken(input.ClientRequestToken);
    refuse(lengthWithin("description", input.Description, 0, 2048), lengthWithin("kmsKeyId", input.KmsKeyId, 0, 2048));
    refuseTags(input.Tags ?? []);
    refuseRegions(input.AddReplicaRegions ?? [], region);
    const value = valueIn(input);
    const known = findSecret(state, { account, region }, name, now);
    if (known) return repeated(known);
    // A name that looks like an ARN's end is still a name: the suffix keeps ARNs of secrets that follow each other apart.
    const fresh: SecretRecord = {
      arn: context.arn("secretsmanager", `secret:${name}-${ids.alphanumeric(6)}`),
      name,
      account,
      region,
      ...defined({ description: input.Description, kmsKeyId: input.KmsKeyId }),
      tags: input.Tags ?? [],
      ...(input.Tags?.length ? { tagged: true } : {}),
      versions: [],
      createdAt: now,
      lastChangedAt: now,
    };
    const version = input.ClientRequestToken ?? ids.uuid();
    const valued = value ? withVersion(fresh, version, value, ["AWSCURRENT"], context) : fresh;
    const created = state.commit(() =>
      putSecret(context, withReplicas(context, valued, input.AddReplicaRegions ?? [], input.ForceOverwriteReplicaSecret ?? false)),
    );
    return {
      ARN: created.arn,
      Name: name,
      ...(value ? { VersionId: version } : {}),
      ...defined({ ReplicationStatus: replicationStatus(state, created) }),
    };

    function repeated(secret: SecretRecord) {
      if (secret.deletionDate !== undefined)
        throw new InvalidRequestException(
          because("You can't create this secret because a secret with this name is already scheduled for deletion."),
        );
      const token = input.ClientRequestToken;
      const version = secret.versions.find(({ id, kind }) => id === token && kind !== "empty");
      if (version && value) {
        if (version.kind !== value.kind || !Buffer.from(readValue(context, secret, version)).equals(value.bytes))
          throw new ResourceExistsException(because(tokenInUse(version.id, secret)));
        return { ARN: secret.arn, Name: secret.name, VersionId: version.id };
      }
      throw new ResourceExistsException(because(`The operation failed because the secret ${name} already exists.`));
    }
  },
});
