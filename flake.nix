{
  description = "Linter for the TLS settings of nginx, HAProxy, Envoy and OpenSSL configuration";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs = { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ];
      each = make: nixpkgs.lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});
      manifest = (builtins.fromTOML (builtins.readFile ./Cargo.toml)).package;
    in
    {
      packages = each (pkgs: {
        default = pkgs.rustPlatform.buildRustPackage {
          pname = manifest.name;
          inherit (manifest) version;
          src = self;
          cargoLock.lockFile = ./Cargo.lock;
          nativeBuildInputs = [ pkgs.pkg-config pkgs.installShellFiles ];
          buildInputs = [ pkgs.openssl ];
          # The system's OpenSSL: what the library `linked` then is, `tlslint --version` tells.
          OPENSSL_NO_VENDOR = true;
          # The whole test suite needs git and scratch repositories; .ci/run runs it.
          doCheck = false;
          postInstall = ''
            $out/bin/tlslint man > tlslint.1
            installManPage tlslint.1
            for shell in bash zsh fish; do
              $out/bin/tlslint completions $shell > tlslint.$shell
            done
            installShellCompletion tlslint.{bash,zsh,fish}
          '';
          meta = {
            inherit (manifest) description;
            license = with pkgs.lib.licenses; [ mit asl20 ];
            mainProgram = "tlslint";
          };
        };
      });
      devShells = each (pkgs: {
        default = pkgs.mkShell { packages = with pkgs; [ cargo rustc clippy rustfmt perl gnumake python3 mdbook ]; };
      });
    };
}
