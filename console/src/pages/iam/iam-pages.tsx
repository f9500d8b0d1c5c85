import { Route, Routes } from "react-router";
import { NoPage } from "../../shell/no-page.tsx";
import { CreateUser } from "./create-user.tsx";
import { UserPage } from "./user-page.tsx";
import { UsersPage } from "./users-page.tsx";

export function IamPages() {
  return (
    <Routes>
      <Route path="users" element={<UsersPage />} />
      <Route path="create-user" element={<CreateUser />} />
      <Route path="users/:name" element={<UserPage />} />
      <Route path="*" element={<NoPage />} />
    </Routes>
  );
}
