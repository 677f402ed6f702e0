"""Every rendered object is valid, and every container is locked down, probed, limited and labelled."""

import helm_python as helm
import kubernetes_validate
import pytest

from tests.chart.rendering import (
    BACKENDS,
    CHART,
    PROCESSES,
    RELEASE,
    Manifest,
    containers,
    example_values,
    full_values,
    merged,
    of_kind,
    pods,
    process,
    render,
)

OLDEST, NEWEST = "1.30", "1.37"


def test_chart_lints_without_a_warning() -> None:
    report = helm.lint(CHART, full_values(), strict=True)
    assert report["errors"] == []
    assert [found for found in report["messages"] if found["severity"] > 1] == []


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_every_object_is_valid_for_the_oldest_and_the_newest_cluster(
    manifests: list[Manifest], version: str
) -> None:
    assert len(manifests) > len(PROCESSES)
    for manifest in manifests:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_templates_do_not_ask_the_cluster_what_it_can_do() -> None:
    # Such a branch renders differently offline, so what was tested would not be what gets installed.
    for template in (CHART / "templates").iterdir():
        text = template.read_text()
        assert ".Capabilities" not in text, template.name
        assert "lookup " not in text, template.name


def test_every_process_has_its_objects(manifests: list[Manifest]) -> None:
    wanted = {f"{RELEASE}-{name}" for name in PROCESSES}
    for kind in ("Deployment", "Service", "ServiceAccount", "PodDisruptionBudget"):
        assert set(of_kind(manifests, kind)) == wanted, kind


def test_chart_holds_no_secret(manifests: list[Manifest]) -> None:
    assert of_kind(manifests, "Secret") == {}


def test_every_pod_runs_without_privileges_and_without_a_token(manifests: list[Manifest]) -> None:
    for name, pod in pods(manifests):
        security = pod["securityContext"]
        assert security["runAsNonRoot"] is True, name
        assert security["runAsUser"] > 10_000, name
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["automountServiceAccountToken"] is False, name
        # Service links would put KONTOR_… variables of Kubernetes' making beside ours.
        assert pod["enableServiceLinks"] is False, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys(), name
        volumes = [volume for volume in pod["volumes"] if volume["name"] != "backups"]
        assert {kind for volume in volumes for kind in volume} <= {"name", "emptyDir", "secret"}, name
    for name, account in of_kind(manifests, "ServiceAccount").items():
        assert account["automountServiceAccountToken"] is False, name


def test_every_container_is_locked_down(manifests: list[Manifest]) -> None:
    for name, container in containers(manifests):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        }, name
        assert container["volumeMounts"][0] == {"name": "tmp", "mountPath": "/tmp"}, name
        writable = [m["name"] for m in container["volumeMounts"][1:] if not m.get("readOnly")]
        assert writable in ([], ["backups"]), name


def test_only_privacy_itself_writes_to_the_backup_target(full_release: list[Manifest]) -> None:
    mounting = [
        container["name"]
        for _, container in containers(full_release)
        for mount in container["volumeMounts"]
        if mount["name"] == "backups"
    ]
    assert mounting == ["privacy"]
    pod = of_kind(full_release, "Deployment")[f"{RELEASE}-privacy"]["spec"]["template"]["spec"]
    claims = [v["persistentVolumeClaim"]["claimName"] for v in pod["volumes"] if v["name"] == "backups"]
    assert claims == [full_values()["privacy"]["ledgerExportClaim"]]


def test_every_container_states_its_resources(manifests: list[Manifest]) -> None:
    for name, container in containers(manifests):
        resources = container["resources"]
        assert resources["requests"].keys() == {"cpu", "memory"}, name
        assert "memory" in resources["limits"], name


@pytest.mark.parametrize("name", PROCESSES)
def test_probes_ask_a_port_on_which_the_process_listens(manifests: list[Manifest], name: str) -> None:
    """Kubelets speak no TLS, so they ask a back end at its door for health."""
    main = process(manifests, name).main
    ports = {
        found["name"]: found["value"].rpartition(":")[2] for found in main["env"] if "LISTEN" in found["name"]
    }
    assert [found["containerPort"] for found in main["ports"]] == [int(ports["KONTOR_LISTEN"])]
    for probe in (main["startupProbe"], main["livenessProbe"], main["readinessProbe"]):
        how = probe["grpc"] if name in BACKENDS else probe["httpGet"]
        assert how["port"] == int(ports["KONTOR_HEALTH_LISTEN" if name in BACKENDS else "KONTOR_LISTEN"])
        assert probe["timeoutSeconds"] >= 1


def test_readiness_is_not_liveness_for_web_pages(manifests: list[Manifest]) -> None:
    for name in ("portal", "gateway"):
        main = process(manifests, name).main
        assert main["livenessProbe"]["httpGet"]["path"] == "/healthz"
        assert main["readinessProbe"]["httpGet"]["path"] == "/readyz"


def test_readiness_is_not_liveness_for_back_ends(manifests: list[Manifest]) -> None:
    for name in BACKENDS:
        main = process(manifests, name).main
        assert main["livenessProbe"]["grpc"]["service"] == "live"
        assert "service" not in main["readinessProbe"]["grpc"]


def test_shutdown_leaves_time_to_drain(manifests: list[Manifest]) -> None:
    for name, pod in pods(manifests):
        pause = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert pod["terminationGracePeriodSeconds"] - pause >= 30, name


def test_selectors_find_exactly_the_own_pods(manifests: list[Manifest]) -> None:
    deployments = of_kind(manifests, "Deployment")
    for kind in ("Service", "PodDisruptionBudget", "Deployment"):
        for name, found in of_kind(manifests, kind).items():
            selector = found["spec"]["selector"]
            wanted = selector.get("matchLabels", selector).items()
            matching = [
                other
                for other, deployment in deployments.items()
                if wanted <= deployment["spec"]["template"]["metadata"]["labels"].items()
            ]
            assert matching == [name], kind


def test_every_object_carries_the_common_labels(manifests: list[Manifest]) -> None:
    for manifest in manifests:
        labels = manifest["metadata"]["labels"]
        assert labels["app.kubernetes.io/instance"] == RELEASE
        assert labels["app.kubernetes.io/part-of"] == "kontor"
        assert labels["app.kubernetes.io/version"]
        assert manifest["metadata"]["namespace"] == RELEASE


def test_pods_spread_over_zones_and_nodes(manifests: list[Manifest]) -> None:
    for name, pod in pods(manifests):
        keys = {found["topologyKey"] for found in pod["topologySpreadConstraints"]}
        assert keys == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}, name


def test_grpc_services_are_headless_so_that_clients_see_every_pod(manifests: list[Manifest]) -> None:
    for name, service in of_kind(manifests, "Service").items():
        headless = service["spec"].get("clusterIP") == "None"
        assert headless == (name.removeprefix(f"{RELEASE}-") in BACKENDS), name


def test_pages_are_reached_over_tls_at_the_host_that_they_know(full_release: list[Manifest]) -> None:
    for name, ingress in of_kind(full_release, "Ingress").items():
        main = process(full_release, name.removeprefix(f"{RELEASE}-")).main
        public = next(found["value"] for found in main["env"] if found["name"] == "KONTOR_PUBLIC_URL")
        (rule,), (tls,) = ingress["spec"]["rules"], ingress["spec"]["tls"]
        assert public == f"https://{rule['host']}"
        assert tls["hosts"] == [rule["host"]]
        assert tls["secretName"]


def test_only_who_shows_a_certificate_holds_its_key() -> None:
    for callers, holders in ((False, set(BACKENDS)), (True, set(PROCESSES))):
        release = render(merged(example_values(), {"grpc": {"clientCertificates": callers}}))
        mounted = {name: _tls_files(process(release, name).pod) for name in PROCESSES}
        assert all("ca.crt" in files for files in mounted.values())
        assert {name for name, files in mounted.items() if "tls.key" in files} == holders


def test_every_file_that_a_process_is_told_of_is_mounted(full_release: list[Manifest]) -> None:
    for name in PROCESSES:
        found = process(full_release, name)
        told = {v["value"] for v in found.main["env"] if v["name"].endswith("_FILE")}
        (mount,) = (m for m in found.main["volumeMounts"] if m["name"] == "tls")
        assert told == {f"{mount['mountPath']}/{file}" for file in _tls_files(found.pod)}


def test_with_a_mesh_nothing_of_tls_is_left() -> None:
    release = render(merged(example_values(), {"grpc": {"tlsSecret": "", "meshEncrypts": True}}))
    for name in PROCESSES:
        found = process(release, name)
        names = {variable["name"] for variable in found.main["env"]}
        assert not {n for n in names if "_TLS_" in n or n == "KONTOR_HEALTH_LISTEN"}
        assert {"name": "KONTOR_MESH_ENCRYPTS", "value": "true"} in found.main["env"]
        assert _tls_files(found.pod) == set()
        assert (
            "grpc" not in found.main["readinessProbe"]
            or found.main["readinessProbe"]["grpc"]["port"] == 50051
        )


def _tls_files(pod: Manifest) -> set[str]:
    """The files of the TLS Secret that a pod mounts."""
    secrets = [volume["secret"] for volume in pod["volumes"] if volume["name"] == "tls"]
    return {item["path"] for secret in secrets for item in secret["items"]}


def test_a_digest_wins_over_the_tag(full_release: list[Manifest]) -> None:
    for name, container in containers(full_release):
        assert container["image"] == "kontor@sha256:" + "0" * 64, name


def test_two_releases_share_no_object() -> None:
    def names(release: str) -> set[tuple[str, str]]:
        found = render(full_values(), release=release)
        return {(manifest["kind"], manifest["metadata"]["name"]) for manifest in found}

    assert names("acme").isdisjoint(names("globex"))
