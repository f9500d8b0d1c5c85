import { IAMClient, paginateListUsers, type User } from "@aws-sdk/client-iam";
import Button from "@cloudscape-design/components/button";
import { useState } from "react";
import { everything, useClient } from "../../api/clients.ts";
import { useLive } from "../../api/live.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Goto, useGoto } from "../../parts/goto.tsx";
import { ResourceTable } from "../../parts/resource-table.tsx";
import { Time } from "../../parts/time.tsx";
import { useTell } from "../../shell/notifications.tsx";
import { texts } from "../../texts.ts";
import { deleteUser } from "./delete-user.ts";

const t = texts.users;

export function UsersPage() {
  const iam = useClient(IAMClient);
  const goto = useGoto();
  const tell = useTell();
  const [deleting, remove] = useState<User>();
  const query = useLive({
    key: ["users"],
    kinds: ["iam:user"],
    load: () => everything(paginateListUsers({ client: iam, pageSize: 1000 }, {}), ({ Users }) => Users),
  });
  const create = (primary: boolean) => (
    <Button variant={primary ? "primary" : "normal"} onClick={() => goto("iam", "create-user")}>
      {t.create}
    </Button>
  );
  return (
    <>
      <ResourceTable
        title={t.title}
        heading="h1"
        query={query}
        idOf={({ UserName = "" }) => UserName}
        nameOf={({ UserName = "" }) => UserName}
        sortedBy={{ id: "name" }}
        empty={{ title: t.empty, text: t.emptyHow, action: create(false) }}
        actions={(chosen) => (
          <Button disabled={!chosen} onClick={() => remove(chosen)}>
            {texts.table.delete}
          </Button>
        )}
        buttons={create(true)}
        columns={[
          {
            id: "name",
            header: t.name,
            isRowHeader: true,
            value: ({ UserName = "" }) => UserName,
            cell: ({ UserName = "" }) => <Goto to={["iam", "users", UserName]}>{UserName}</Goto>,
          },
          { id: "arn", header: "ARN", value: ({ Arn = "" }) => Arn, cell: ({ Arn }) => Arn },
          {
            id: "created",
            header: t.createdAt,
            value: ({ CreateDate }) => CreateDate?.getTime() ?? 0,
            cell: ({ CreateDate }) => <Time at={CreateDate} />,
          },
        ]}
      />
      {deleting && (
        <Confirm
          title={t.deleteTitle(deleting.UserName ?? "")}
          text={t.deleteText}
          word={texts.dialog.delete}
          action={texts.table.delete}
          close={() => remove(undefined)}
          run={async () => {
            await deleteUser(iam, deleting.UserName ?? "");
            await query.refetch();
            tell(t.deleted(deleting.UserName ?? ""));
          }}
        />
      )}
    </>
  );
}
