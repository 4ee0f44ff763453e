// Starts `tlslint lsp` and puts what it says where people look.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import * as path from "node:path";
import * as vscode from "vscode";
import { LanguageClient, type LanguageClientOptions, type ServerOptions } from "vscode-languageclient/node";

/** The languages that may hold a configuration; "NGINX" is how some extensions call nginx. */
const LANGUAGES = ["nginx", "NGINX", "haproxy", "yaml", "json", "jsonc", "openssl-conf"];

/** Releases that a cipher string is compared over. */
const RELEASES = ["openssl-1.1.1", "openssl-3.0", "openssl-3.5", "boringssl-44", "aws-lc-5.12"];

let client: LanguageClient | undefined;
let status: vscode.StatusBarItem;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
    status = vscode.window.createStatusBarItem("tlslint", vscode.StatusBarAlignment.Right);
    status.name = "tlslint";
    status.command = "tlslint.restart";
    context.subscriptions.push(
        status,
        command("tlslint.restart", () => restart(context)),
        command("tlslint.showEffective", () => vscode.commands.executeCommand("editor.action.showHover")),
        command("tlslint.expandCiphers", () => expand(context, [])),
        command("tlslint.compareReleases", () => expand(context, RELEASES)),
        command("tlslint.explain", (id: unknown) => explain(context, String(id))),
        vscode.languages.onDidChangeDiagnostics(count),
        vscode.window.onDidChangeActiveTextEditor(count),
        vscode.workspace.onDidChangeConfiguration(async (event) => {
            if (event.affectsConfiguration("tlslint")) {
                await restart(context);
            }
        }),
        vscode.workspace.onDidGrantWorkspaceTrust(() => restart(context)),
    );
    await restart(context);
}

export function deactivate(): Promise<void> | undefined {
    return client?.stop();
}

function command(name: string, run: (argument: unknown) => unknown): vscode.Disposable {
    return vscode.commands.registerCommand(name, run);
}

/** The program: that of the settings, the one that is packed with the extension, or the one on the path. */
function program(context: vscode.ExtensionContext): string {
    const said = vscode.workspace.getConfiguration("tlslint").get<string>("path", "");
    if (said !== "") {
        return said;
    }
    const packed = context.asAbsolutePath(path.join("bin", process.platform === "win32" ? "tlslint.exe" : "tlslint"));
    return existsSync(packed) ? packed : "tlslint";
}

async function restart(context: vscode.ExtensionContext): Promise<void> {
    await client?.stop().catch(() => undefined);
    const settings = vscode.workspace.getConfiguration("tlslint");
    const trust = vscode.workspace.isTrusted ? [] : ["--untrusted"];
    const server: ServerOptions = { command: program(context), args: ["lsp", "--stdio", ...trust] };
    const options: LanguageClientOptions = {
        documentSelector: [
            ...LANGUAGES.flatMap((language) => [
                { scheme: "file", language },
                { scheme: "untitled", language },
            ]),
            { scheme: "file", pattern: "**/*.{conf,cfg,cnf}" },
            { scheme: "file", pattern: "**/{tlslint,.tlslint}.toml" },
        ],
        initializationOptions: {
            policy: settings.get<string>("policy", ""),
            target: settings.get<string>("target", ""),
            inlayHints: settings.get<boolean>("inlayHints", true),
            codeLens: settings.get<boolean>("codeLens", true),
        },
    };
    client = new LanguageClient("tlslint", "tlslint", server, options);
    // The command that explains is the extension's own: it shows the page in an editor.
    client.registerFeature(withoutCommands());
    try {
        await client.start();
        count();
    } catch (error) {
        status.text = "$(error) tlslint";
        status.tooltip = `The language server did not start: ${String(error)}`;
        status.show();
    }
}

/** Keeps the client from registering the server's commands a second time. */
function withoutCommands() {
    return {
        fillClientCapabilities: () => undefined,
        preInitialize: (capabilities: { executeCommandProvider?: unknown }) => {
            delete capabilities.executeCommandProvider;
        },
        initialize: () => undefined,
        getState: () => ({ kind: "static" as const }),
        clear: () => undefined,
    };
}

/** Tells in the status bar how much there is to mend in the editor that is looked at. */
function count(): void {
    const document = vscode.window.activeTextEditor?.document;
    if (document === undefined) {
        status.hide();
        return;
    }
    const own = vscode.languages.getDiagnostics(document.uri).filter((one) => one.source === "tlslint");
    const of = (severity: vscode.DiagnosticSeverity) => own.filter((one) => one.severity === severity).length;
    const errors = of(vscode.DiagnosticSeverity.Error);
    const warnings = of(vscode.DiagnosticSeverity.Warning);
    status.text = errors + warnings === 0 ? "$(lock) tlslint" : `$(lock) tlslint: ${errors} errors, ${warnings} warnings`;
    status.tooltip = "Restart the language server";
    status.show();
}

/** What the program prints; its own message where it fails. */
function run(context: vscode.ExtensionContext, parameters: string[]): Promise<string> {
    return new Promise((resolve) => {
        execFile(program(context), parameters, { maxBuffer: 1 << 24 }, (error, output, errors) => {
            resolve(error !== null && output === "" ? errors || String(error) : output);
        });
    });
}

async function show(content: string, language: string): Promise<void> {
    const document = await vscode.workspace.openTextDocument({ content, language });
    await vscode.window.showTextDocument(document, { preview: true, viewColumn: vscode.ViewColumn.Beside });
}

async function explain(context: vscode.ExtensionContext, id: string): Promise<void> {
    await show(await run(context, ["explain", "--", id]), "markdown");
}

/** Expands the selected cipher string, or the longest word at the cursor, on the libraries. */
async function expand(context: vscode.ExtensionContext, libraries: string[]): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    const selection = editor?.selection;
    const around = selection && editor?.document.getWordRangeAtPosition(selection.active, /[A-Za-z0-9_:!+@=.,|[\]-]+/);
    const found = editor?.document.getText(selection?.isEmpty ? around : selection);
    const string = await vscode.window.showInputBox({ prompt: "Cipher string", value: found ?? "" });
    if (string === undefined || string === "") {
        return;
    }
    const answers = libraries.length === 0
        ? [await run(context, ["ciphers", "--", string])]
        : await Promise.all(
              libraries.map(async (library) => `# ${library}\n\n${await run(context, ["ciphers", "--library", library, "--", string])}`),
          );
    await show(answers.join("\n"), "plaintext");
}
