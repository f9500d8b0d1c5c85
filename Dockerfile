# The program in a container. Made by `npm run image`, whose build context is the program as npm installs it; docs/ci.md says how to run it.
ARG BASE=node:24-bookworm-slim
FROM ${BASE}
RUN command -v haproxy || (apt-get update && apt-get install --yes --no-install-recommends haproxy nftables && rm -rf /var/lib/apt/lists/*)
COPY node_modules /airfield/node_modules
ENV AIRFIELD_DATA=/var/lib/airfield
VOLUME /var/lib/airfield
HEALTHCHECK --start-period=60s --interval=10s CMD ["node", "/airfield/node_modules/airfield/bin/airfield.cjs", "wait-ready", "--timeout", "1"]
ENTRYPOINT ["node", "/airfield/node_modules/airfield/bin/airfield.cjs"]
CMD ["start"]
