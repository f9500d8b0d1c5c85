import { execFileSync } from "node:child_process";
import { copyFile, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/**
 * Builds an image that stands for a distribution's, from what is installed here: no test depends on a registry elsewhere. It has busybox's commands.
 * @param programs by the path that they have in the image; the libraries that they load come with them
 * @param modules whose libraries are to be there too
 */
export async function distributionImage(
  name: string,
  programs: Readonly<Record<string, string>>,
  modules: readonly string[],
): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), "airfield-image-"));
  try {
    await copyTo(join(context, "root"), { "/bin/busybox": "/bin/busybox", ...programs });
    for (const library of [...Object.values(programs), ...modules].flatMap(librariesOf))
      await copyTo(join(context, "root"), { [library]: library });
    const dockerfile = ["FROM scratch", "COPY root /", 'RUN ["/bin/busybox", "--install", "-s", "/bin"]', "RUN mkdir -m 1777 /tmp"];
    await writeFile(join(context, "Dockerfile"), dockerfile.join("\n"));
    execFileSync("docker", ["build", "--quiet", "--tag", name, context], { stdio: ["ignore", "ignore", "inherit"] });
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

async function copyTo(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, file] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await copyFile(await realpath(file), join(root, path));
  }
}

/** As the loader finds them, the loader itself among them. */
function librariesOf(program: string): readonly string[] {
  const listed = execFileSync("ldd", [program], { encoding: "utf8" });
  return [...listed.matchAll(/(?:^|\s)(\/\S+)\s\(0x/gm)].map(([, path]) => path ?? "");
}
