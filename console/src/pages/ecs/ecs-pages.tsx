import { Route, Routes } from "react-router";
import { NoPage } from "../../shell/no-page.tsx";
import { ClusterPage } from "./cluster-page.tsx";
import { ClustersPage } from "./clusters-page.tsx";
import { CreateCluster } from "./create-cluster.tsx";
import { CreateDefinition } from "./create-definition.tsx";
import { CreateDefinitionJson } from "./create-definition-json.tsx";
import { CreateService } from "./create-service.tsx";
import { DefinitionPage } from "./definition-page.tsx";
import { DefinitionsPage } from "./definitions-page.tsx";
import { FamilyPage } from "./family-page.tsx";
import { ServicePage } from "./service-page.tsx";
import { TaskPage } from "./task-page.tsx";

export function EcsPages() {
  return (
    <Routes>
      <Route path="clusters" element={<ClustersPage />} />
      <Route path="create-cluster" element={<CreateCluster />} />
      <Route path="clusters/:cluster" element={<ClusterPage tab="services" />} />
      <Route path="clusters/:cluster/tasks" element={<ClusterPage tab="tasks" />} />
      <Route path="clusters/:cluster/create-service" element={<CreateService />} />
      <Route path="clusters/:cluster/services/:service" element={<ServicePage />} />
      <Route path="clusters/:cluster/tasks/:task" element={<TaskPage />} />
      <Route path="task-definitions" element={<DefinitionsPage />} />
      <Route path="create-task-definition" element={<CreateDefinition />} />
      <Route path="create-task-definition-json" element={<CreateDefinitionJson />} />
      <Route path="task-definitions/:family" element={<FamilyPage />} />
      <Route path="task-definitions/:family/:revision" element={<DefinitionPage />} />
      <Route path="*" element={<NoPage />} />
    </Routes>
  );
}
