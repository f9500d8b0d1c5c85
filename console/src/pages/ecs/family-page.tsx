import { ECSClient, paginateListTaskDefinitions } from "@aws-sdk/client-ecs";
import { useParams } from "react-router";
import { everything, useClient } from "../../api/clients.ts";
import { useLive } from "../../api/live.ts";
import { Goto } from "../../parts/goto.tsx";
import { ResourceTable } from "../../parts/resource-table.tsx";
import { texts } from "../../texts.ts";
import { nameOf } from "./ecs-queries.ts";

const t = texts.definitions;

/** The active revisions of a family, the newest first. */
export function FamilyPage() {
  const { family = "" } = useParams();
  const ecs = useClient(ECSClient);
  const query = useLive<readonly string[]>({
    key: ["family", family],
    kinds: ["ecs:task-definition"],
    about: (arn) => arn.includes(`/${family}:`),
    load: async () => {
      const pages = paginateListTaskDefinitions({ client: ecs }, { familyPrefix: family, sort: "DESC" });
      const arns = await everything(pages, ({ taskDefinitionArns }) => taskDefinitionArns);
      // The prefix is of other families, too.
      return arns.map(nameOf).filter((name) => name.startsWith(`${family}:`));
    },
  });
  return (
    <ResourceTable
      title={family}
      heading="h1"
      description={t.revisions}
      query={query}
      idOf={(name) => name}
      nameOf={(name) => name}
      sortedBy={{ id: "revision", descending: true }}
      empty={{ title: t.noRevisions, text: t.noRevisionsHow }}
      columns={[
        {
          id: "revision",
          header: t.revision,
          isRowHeader: true,
          value: (name) => Number(name.split(":")[1]),
          cell: (name) => <Goto to={["ecs", "task-definitions", ...name.split(":")]}>{name}</Goto>,
        },
      ]}
    />
  );
}
