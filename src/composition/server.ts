import type { Server } from "node:http";
import { fileURLToPath } from "node:url";
import { auditor } from "../audit/auditor.ts";
import { strangers } from "../audit/strangers.ts";
import type { ClaimsKey } from "../control/logins/user-claims.ts";
import { explainTask } from "../control/reachability/explain-task.ts";
import { imageBills } from "../control/scanning/image-bill.ts";
import { errorTrace } from "../domain/error-text.ts";
import { dataChannels } from "../gateway/data-channels.ts";
import { webConsole } from "../gateway/console/console.ts";
import { gateway } from "../gateway/gateway.ts";
import { httpServer } from "../gateway/server.ts";
import { throttle } from "../gateway/throttle.ts";
import { pullThrough } from "../registry/pull-through/pull-through.ts";
import { registryHandler } from "../registry/registry.ts";
import { imageHome } from "../registry/resolve.ts";
import { SERVICES } from "../services/catalogue.ts";
import type { Platform } from "../services/platform.ts";
import type { AuditLogs } from "./audit-logs.ts";
import type { Start } from "./options.ts";

/** Where the set-up builds the console, whether the compiled program runs or its sources. */
const CONSOLE_FOLDER = fileURLToPath(new URL("../../dist/console", import.meta.url));

interface ServerParts {
  readonly audit: AuditLogs;
  /** Whose public half targets fetch. */
  readonly claimsKey: ClaimsKey;
}

/** The APIs and the registry behind one server, which listens nowhere yet. */
export function buildServer({ options, logger, opened }: Start, platform: Platform, { audit, claimsKey }: ServerParts): Server {
  const { state, clock, ids } = platform;
  const cache = opened.use(pullThrough({ platform, upstreams: platform.upstreams, logger }));
  const { record: recordStranger } = opened.use(strangers({ log: audit.unproved, clock, ids }));
  const recordCall = auditor({ log: audit.known, strangers: recordStranger, state, ids });
  return httpServer({
    gateway: gateway({
      services: SERVICES,
      platform,
      failed: (cause, operation, requestId) => logger.error("an operation failed", { operation, requestId, cause: errorTrace(cause) }),
      audit: recordCall,
      ...(options.requestLimit ? { throttle: throttle(options.requestLimit) } : {}),
    }),
    registry: registryHandler(platform, {
      pullThrough: cache,
      softwareBills: imageBills(platform),
      failed: (cause) => logger.error("the registry failed", { cause: errorTrace(cause) }),
      audit: recordCall,
    }),
    console: opened.use(
      webConsole({
        folder: CONSOLE_FOLDER,
        platform,
        audit: recordCall,
        explainTask: (task) =>
          explainTask({ state, clock, ids, homeOf: (reference, scope) => imageHome(platform, reference, scope) }, task),
      }),
    ),
    publicKey: (id) => (id === claimsKey.id ? claimsKey.publicPem : undefined),
    failed: (cause) => logger.error("a request failed", { cause: errorTrace(cause) }),
    hostNames: options.hostNames,
    upgrades: platform.execSessions && dataChannels(platform.execSessions, clock),
    origins: options.origins,
  });
}
