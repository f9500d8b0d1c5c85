import "@cloudscape-design/global-styles/index.css";
import "./console.css";
import { createRoot } from "react-dom/client";
import { App } from "./shell/app.tsx";

const root = document.getElementById("console");
if (!root) throw new Error("the page has no place for the console");
createRoot(root).render(<App />);
