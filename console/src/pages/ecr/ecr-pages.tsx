import { Route, Routes } from "react-router";
import { NoPage } from "../../shell/no-page.tsx";
import { CreateRepository } from "./create-repository.tsx";
import { RepositoriesPage } from "./repositories-page.tsx";
import { RepositoryPage } from "./repository-page.tsx";

export function EcrPages() {
  return (
    <Routes>
      <Route path="repositories" element={<RepositoriesPage />} />
      <Route path="create" element={<CreateRepository />} />
      <Route path="repositories/:name" element={<RepositoryPage />} />
      <Route path="*" element={<NoPage />} />
    </Routes>
  );
}
