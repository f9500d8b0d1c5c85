import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  IAMClient,
  ListAccessKeysCommand,
  UpdateAccessKeyCommand,
  type AccessKey,
  type AccessKeyMetadata,
} from "@aws-sdk/client-iam";
import Button from "@cloudscape-design/components/button";
import { useState } from "react";
import { useClient } from "../../api/clients.ts";
import { useLive } from "../../api/live.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { ResourceTable } from "../../parts/resource-table.tsx";
import { Time } from "../../parts/time.tsx";
import { texts } from "../../texts.ts";
import { NewKey } from "./new-key.tsx";

const t = texts.users;

type Question = { readonly kind: "create" } | { readonly kind: "delete" | "switch"; readonly key: AccessKeyMetadata };

/** The keys of a user. The secret of a new one is shown once, and is in this page alone until it is closed. */
export function AccessKeys({ user }: { readonly user: string }) {
  const iam = useClient(IAMClient);
  const [question, ask] = useState<Question>();
  const [made, setMade] = useState<AccessKey>();
  const query = useLive<readonly AccessKeyMetadata[]>({
    key: ["access-keys", user],
    kinds: ["iam:access-key"],
    about: (arn) => arn.endsWith(`/${user}`),
    load: async (abortSignal) => (await iam.send(new ListAccessKeysCommand({ UserName: user }), { abortSignal })).AccessKeyMetadata ?? [],
  });
  const run = async (asked: Question): Promise<void> => {
    if (asked.kind === "create") setMade((await iam.send(new CreateAccessKeyCommand({ UserName: user }))).AccessKey);
    else {
      const named = { UserName: user, AccessKeyId: asked.key.AccessKeyId };
      if (asked.kind === "delete") await iam.send(new DeleteAccessKeyCommand(named));
      else await iam.send(new UpdateAccessKeyCommand({ ...named, Status: isActive(asked.key) ? "Inactive" : "Active" }));
    }
    await query.refetch();
  };
  return (
    <>
      <ResourceTable
        title={t.credentials}
        query={query}
        idOf={({ AccessKeyId = "" }) => AccessKeyId}
        nameOf={({ AccessKeyId = "" }) => AccessKeyId}
        empty={{ title: t.noKeys, text: t.noKeysHow }}
        actions={(key) => (
          <>
            <Button disabled={!key} onClick={() => key && ask({ kind: "switch", key })}>
              {!key || isActive(key) ? t.deactivate : t.activate}
            </Button>
            <Button disabled={!key || isActive(key)} onClick={() => key && ask({ kind: "delete", key })}>
              {t.deleteKey}
            </Button>
          </>
        )}
        buttons={
          <Button variant="primary" onClick={() => ask({ kind: "create" })}>
            {t.createKey}
          </Button>
        }
        columns={[
          {
            id: "key",
            header: t.key,
            isRowHeader: true,
            value: ({ AccessKeyId = "" }) => AccessKeyId,
            cell: ({ AccessKeyId }) => AccessKeyId,
          },
          { id: "status", header: t.status, value: ({ Status = "" }) => Status, cell: ({ Status }) => Status },
          { id: "created", header: t.createdAt, cell: ({ CreateDate }) => <Time at={CreateDate} /> },
        ]}
      />
      {question && <Confirm {...wordsFor(question)} close={() => ask(undefined)} run={() => run(question)} />}
      {made && <NewKey accessKey={made} close={() => setMade(undefined)} />}
    </>
  );
}

function wordsFor(question: Question): { readonly title: string; readonly text: string; readonly action: string } {
  if (question.kind === "create") return { title: t.createKey, text: t.createKeyHow, action: t.createKey };
  const id = question.key.AccessKeyId ?? "";
  if (question.kind === "delete") return { title: t.deleteKeyTitle(id), text: t.deleteKeyText, action: t.deleteKey };
  const action = isActive(question.key) ? t.deactivate : t.activate;
  return { title: `${action} ${id}?`, text: isActive(question.key) ? t.deleteKeyText : t.createKeyHow, action };
}

function isActive({ Status }: AccessKeyMetadata): boolean {
  return Status === "Active";
}
