/** What of a task definition can reach the host, in the shape that the API gives it. */
export interface HostReach {
  readonly networkMode?: string | undefined;
  readonly pidMode?: string | undefined;
  readonly ipcMode?: string | undefined;
  readonly containerDefinitions?: readonly ContainerReach[] | undefined;
  readonly volumes?: readonly VolumeReach[] | undefined;
}

export interface ContainerReach {
  readonly name?: string | undefined;
  readonly privileged?: boolean | undefined;
  readonly dockerSecurityOptions?: readonly string[] | undefined;
  readonly systemControls?: readonly { readonly namespace?: string | undefined }[] | undefined;
  readonly linuxParameters?:
    | {
        readonly capabilities?: { readonly add?: readonly string[] | undefined } | undefined;
        readonly devices?: readonly { readonly hostPath?: string | undefined }[] | undefined;
      }
    | undefined;
  readonly logConfiguration?: LogReach | undefined;
}

export interface LogReach {
  readonly logDriver?: string | undefined;
  readonly options?: Readonly<Record<string, string>> | undefined;
}

export interface VolumeReach {
  readonly name?: string | undefined;
  readonly host?: { readonly sourcePath?: string | undefined } | undefined;
  readonly dockerVolumeConfiguration?:
    | { readonly driver?: string | undefined; readonly driverOpts?: Readonly<Record<string, string>> | undefined }
    | undefined;
}
