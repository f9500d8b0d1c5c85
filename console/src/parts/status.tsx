import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";

/** How AWS's statuses look. What is not here is told in words alone. */
const LOOKS: Readonly<Record<string, StatusIndicatorProps.Type>> = {
  ACTIVE: "success",
  RUNNING: "success",
  HEALTHY: "success",
  healthy: "success",
  active: "success",
  COMPLETED: "success",
  SUCCESSFUL: "success",
  COMPLETE: "success",
  PROVISIONING: "pending",
  PENDING: "pending",
  ACTIVATING: "in-progress",
  IN_PROGRESS: "in-progress",
  DRAINING: "in-progress",
  draining: "in-progress",
  provisioning: "in-progress",
  initial: "in-progress",
  DEACTIVATING: "in-progress",
  STOPPING: "in-progress",
  DEPROVISIONING: "in-progress",
  ROLLBACK_IN_PROGRESS: "in-progress",
  STOP_REQUESTED: "in-progress",
  STOPPED: "stopped",
  INACTIVE: "stopped",
  unused: "stopped",
  UNKNOWN: "info",
  UNHEALTHY: "error",
  unhealthy: "error",
  unavailable: "error",
  FAILED: "error",
  failed: "error",
  ROLLBACK_SUCCESSFUL: "warning",
  ROLLBACK_FAILED: "error",
};

/** `IN_PROGRESS` as people read it. */
export function inWords(status: string): string {
  const words = status.replaceAll("_", " ").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function Status({ status }: { readonly status: string | undefined }) {
  if (status === undefined || status === "") return <>-</>;
  return (
    <span className="status">
      <StatusIndicator type={LOOKS[status] ?? "info"}>{inWords(status)}</StatusIndicator>
    </span>
  );
}
