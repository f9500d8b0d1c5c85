import { ECSClient, paginateListTaskDefinitionFamilies } from "@aws-sdk/client-ecs";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import { everything, useClient } from "../../api/clients.ts";
import { useLive } from "../../api/live.ts";
import { Goto, useGoto } from "../../parts/goto.tsx";
import { ResourceTable } from "../../parts/resource-table.tsx";
import { texts } from "../../texts.ts";

const t = texts.definitions;

export function DefinitionsPage() {
  const ecs = useClient(ECSClient);
  const query = useLive<readonly string[]>({
    key: ["families"],
    kinds: ["ecs:task-definition"],
    load: () => everything(paginateListTaskDefinitionFamilies({ client: ecs }, { status: "ACTIVE" }), ({ families }) => families),
  });
  return (
    <ResourceTable
      title={t.title}
      heading="h1"
      description={t.description}
      query={query}
      idOf={(family) => family}
      nameOf={(family) => family}
      sortedBy={{ id: "family" }}
      empty={{ title: t.empty, text: t.emptyHow, action: <CreateDefinitionButton /> }}
      buttons={<CreateDefinitionButton primary />}
      columns={[
        {
          id: "family",
          header: t.family,
          isRowHeader: true,
          value: (family) => family,
          cell: (family) => <Goto to={["ecs", "task-definitions", family]}>{family}</Goto>,
        },
      ]}
    />
  );
}

/** Both ways, as at AWS. */
function CreateDefinitionButton({ primary = false }: { readonly primary?: boolean }) {
  const goto = useGoto();
  return (
    <ButtonDropdown
      variant={primary ? "primary" : "normal"}
      items={[
        { id: "create-task-definition", text: t.create },
        { id: "create-task-definition-json", text: t.createJson },
      ]}
      onItemClick={({ detail }) => goto("ecs", detail.id)}
    >
      {t.create}
    </ButtonDropdown>
  );
}
