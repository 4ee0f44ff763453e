# The static binary and nothing else. packaging/image-context lays out the files; a release builds it for amd64 and arm64:
#   packaging/image-context dist target/image && docker build target/image --tag tlslint
#   docker run --rm --read-only -v "$PWD":/src:ro tlslint check /src
FROM scratch
ARG TARGETOS=linux
ARG TARGETARCH=amd64
COPY LICENSE-MIT LICENSE-APACHE /
COPY --chmod=0755 ${TARGETOS}/${TARGETARCH}/tlslint /tlslint
USER 65532:65532
WORKDIR /src
ENTRYPOINT ["/tlslint"]
CMD ["check"]
