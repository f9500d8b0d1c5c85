import { DeleteConflictException, type ServerCertificateMetadata } from "@aws-sdk/client-iam";
import { certificateUsers } from "../../state/certificate-users.ts";
import { listeners } from "../../state/elb.ts";
import { roleKey } from "../../state/iam.ts";
import { sealServerKey, serverCertificates, type ServerCertificateRecord } from "../../state/server-certificates.ts";
import { checkCertificateParts } from "../certificate-parts.ts";
import { because, type OperationContext } from "../operation.ts";
import { requireServerCertificate } from "./find.ts";
import { alreadyExists, iamArn, onAccount, onServerCertificate, operation, refuse } from "./iam-operation.ts";
import { listed } from "./listing.ts";
import { refuseBeyond } from "./quotas.ts";
import { nameRules, pathPrefixRules, pathRules } from "./rules.ts";
import { refuseTags, tagContext } from "./tags.ts";
import { uniqueId } from "./unique-id.ts";
import { uploadRefusal } from "./upload-refusal.ts";

export const uploadServerCertificate = operation("UploadServerCertificate", {
  authorize(input, at) {
    const resource = iamArn(at, `server-certificate${input.Path ?? "/"}${input.ServerCertificateName ?? "*"}`);
    const context = tagContext(input);
    const upload = { action: "iam:UploadServerCertificate", resource, context };
    // Who tags while uploading has to be allowed both. Source: IAM User Guide, "Tags for server certificates".
    return input.Tags?.length ? [upload, { action: "iam:TagServerCertificate", resource, context }] : upload;
  },
  async run(input, context) {
    const { ServerCertificateName: name = "", Path: path = "/", Tags: tags = [] } = input;
    const { state, account, ids, now, secrets } = context;
    refuse(...nameRules("serverCertificateName", name, 128), ...pathRules(path));
    refuseTags(tags);
    refuseAnother(context, name);
    const { privateKeyPem, ...checked } = await checkCertificateParts(
      { certificate: input.CertificateBody ?? "", privateKey: input.PrivateKey ?? "", chain: input.CertificateChain },
      { now, chainNeeded: false, refusal: uploadRefusal },
    );
    // From here on nothing waits; meanwhile another one may have taken the name.
    refuseAnother(context, name);
    const id = uniqueId(ids, "ASCA");
    const certificate: ServerCertificateRecord = {
      id,
      arn: iamArn(context, `server-certificate${path}${name}`),
      name,
      path,
      account,
      body: { ...checked, sealedKey: sealServerKey(secrets, id, privateKeyPem) },
      tags,
      createdAt: now,
    };
    state.commit(() => state.table(serverCertificates).insert(certificate));
    return { ServerCertificateMetadata: metadata(certificate), ...(tags.length > 0 ? { Tags: tags } : {}) };
  },
});

function refuseAnother({ state, account }: OperationContext, name: string): void {
  if (state.table(serverCertificates).has(roleKey(account, name)))
    throw alreadyExists(`The Server Certificate with name ${name} already exists.`);
  refuseBeyond("ServerCertificatesPerAccount", state.table(serverCertificates).by("account", account).length + 1);
}

function metadata({ path, name, id, arn, createdAt, body }: ServerCertificateRecord): ServerCertificateMetadata {
  return {
    Path: path,
    ServerCertificateName: name,
    ServerCertificateId: id,
    Arn: arn,
    UploadDate: new Date(createdAt),
    Expiration: new Date(body.facts.notAfter),
  };
}

/** Of the private key nothing is told. The texts end without a line break: by that, too, Terraform tells whether they are those that it gave. */
export const getServerCertificate = operation("GetServerCertificate", {
  authorize: onServerCertificate("GetServerCertificate"),
  run({ ServerCertificateName = "" }, context) {
    const certificate = requireServerCertificate(context, ServerCertificateName);
    const { body, tags } = certificate;
    return {
      ServerCertificate: {
        ServerCertificateMetadata: metadata(certificate),
        CertificateBody: body.certificatePem.trimEnd(),
        ...(body.chainPem === undefined ? {} : { CertificateChain: body.chainPem.trimEnd() }),
        ...(tags.length > 0 ? { Tags: [...tags] } : {}),
      },
    };
  },
});

export const listServerCertificates = operation("ListServerCertificates", {
  authorize: onAccount("ListServerCertificates"),
  run(input, context) {
    refuse(...pathPrefixRules(input.PathPrefix));
    const found = context.state
      .table(serverCertificates)
      .by("account", context.account)
      .filter(({ path }) => path.startsWith(input.PathPrefix ?? "/"));
    const { items, more } = listed(found, ({ name }) => name, input, context);
    return { ServerCertificateMetadataList: items.map(metadata), ...more };
  },
});

/**
 * Gives another name, another path or both, and with them another ARN; the id stays. The listeners that serve the certificate follow in the same commit: they go on
 * with it under its new ARN, and none is left with one that names nothing.
 */
export const updateServerCertificate = operation("UpdateServerCertificate", {
  authorize(input, at) {
    const here = onServerCertificate("UpdateServerCertificate")(input, at);
    if (input.NewPath === undefined && input.NewServerCertificateName === undefined) return here;
    // Who renames has to be allowed on the old and on the new name. Source: IAM API, "UpdateServerCertificate".
    const { path = "/", name = "*" } = at.state.table(serverCertificates).get(roleKey(at.account, input.ServerCertificateName ?? "")) ?? {};
    const to = `server-certificate${input.NewPath ?? path}${input.NewServerCertificateName ?? name}`;
    return [here, { ...here, resource: iamArn(at, to) }];
  },
  run({ ServerCertificateName = "", NewPath, NewServerCertificateName }, context) {
    const { state } = context;
    refuse(...nameRules("newServerCertificateName", NewServerCertificateName, 128), ...pathRules(NewPath, "newPath"));
    const before = requireServerCertificate(context, ServerCertificateName);
    const { name, path } = { name: NewServerCertificateName ?? before.name, path: NewPath ?? before.path };
    const after = { ...before, name, path, arn: iamArn(context, `server-certificate${path}${name}`) };
    const [from, to] = [serverCertificates.key(before), serverCertificates.key(after)];
    if (from !== to && state.table(serverCertificates).has(to))
      throw alreadyExists(`The Server Certificate with name ${name} already exists.`);
    if (after.arn === before.arn) return {};
    const serving = state.table(listeners).by("certificate", before.arn);
    state.commit(() => {
      state.table(serverCertificates).delete(from);
      state.table(serverCertificates).put(after);
      for (const listener of serving) {
        const shown = listener.certificates.map((one) => (one.certificateArn === before.arn ? { ...one, certificateArn: after.arn } : one));
        state.table(listeners).put({ ...listener, certificates: shown });
      }
    });
    return {};
  },
});

export const deleteServerCertificate = operation("DeleteServerCertificate", {
  authorize: onServerCertificate("DeleteServerCertificate"),
  run({ ServerCertificateName = "" }, context) {
    const { state } = context;
    const certificate = requireServerCertificate(context, ServerCertificateName);
    const [user] = certificateUsers(state, certificate.arn);
    if (user !== undefined)
      throw new DeleteConflictException(
        because(`Certificate: ${certificate.id} is currently in use by ${user}. Please remove it first before deleting it from IAM.`),
      );
    state.commit(() => state.table(serverCertificates).delete(serverCertificates.key(certificate)));
    return {};
  },
});
