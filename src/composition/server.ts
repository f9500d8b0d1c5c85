import type { Server } from "node:http";
import { auditor } from "../audit/auditor.ts";
import { strangers } from "../audit/strangers.ts";
import type { ClaimsKey } from "../control/logins/user-claims.ts";
import { imageBills } from "../control/scanning/image-bill.ts";
import { errorTrace } from "../domain/error-text.ts";
import { dataChannels } from "../gateway/data-channels.ts";
import { gateway } from "../gateway/gateway.ts";
import { httpServer } from "../gateway/server.ts";
import { throttle } from "../gateway/throttle.ts";
import { pullThrough } from "../registry/pull-through/pull-through.ts";
import { registryHandler } from "../registry/registry.ts";
import { SERVICES } from "../services/catalogue.ts";
import type { Platform } from "../services/platform.ts";
import type { AuditLogs } from "./audit-logs.ts";
import type { Start } from "./options.ts";

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
    publicKey: (id) => (id === claimsKey.id ? claimsKey.publicPem : undefined),
    failed: (cause) => logger.error("a request failed", { cause: errorTrace(cause) }),
    hostNames: options.hostNames,
    upgrades: platform.execSessions && dataChannels(platform.execSessions, clock),
    origins: options.origins,
  });
}
