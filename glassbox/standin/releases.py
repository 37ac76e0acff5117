"""What differs between Grafana releases: one field per difference, with the source of each next to its threshold.

"snapshot" means grafana/grafana source read at two points in time: the exact release of the change lies between them.

`behaviour` is long since it is that table: one line for each difference.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus

Release = tuple[int, int, int]

SUPPORTED = ("10.4.0", "11.6.0", "12.4.0", "13.2.0")
"""One release of each line that the contract tests run against."""


@dataclass(frozen=True)
class Behaviour:
    """How one Grafana release answers, where releases disagree."""

    release: Release
    dashboard_conflict_status: int
    """Answer to a save of an existing uid with a stale or absent version and overwrite=false."""
    dashboard_titles_unique: bool
    """One title per folder: 412 name-exists, and overwrite=true takes the other dashboard over."""
    dashboard_lengths_checked: bool
    """title above 5000 and message above 500 characters are refused."""
    dashboard_size_limited: bool
    """A dashboard above 16 MiB is refused with 413."""
    dashboard_validated_by_apiserver: bool
    """Texts of the Kubernetes-style storage: empty title, unknown id, dashboards in the v2 schema."""
    unchanged_dashboard_keeps_version: bool
    deleted_dashboard_names_uid: bool
    """The answer to DELETE carries `uid`; before, `id`."""
    dashboard_api_versions: tuple[str, ...]
    """Of the Kubernetes-style API, the preferred one first; empty where it does not serve dashboards."""
    managed_dashboard_locked: bool
    """What anything manages without allowing edits is neither saved nor deleted; before, what a file provisions."""
    dashboard_meta_has_api_version: bool
    dashboard_meta_has_organization_annotations: bool
    absent_dashboard_is_forbidden: bool
    """An absent uid is 403 for everybody but an administrator."""
    large_ids: bool
    """Dashboards and folders have ids above 32 bits."""
    versions_listed_in_object: bool
    """{"continueToken", "versions"}; before, a plain list."""
    folder_exists_status: int
    folder_titles_unique: bool
    folder_names_manager: bool
    """A folder says what manages it."""
    synced_folder_refuses_dashboards: bool
    """Those that come into a folder of Git Sync without being of its repository; folders and rules likewise."""
    synced_folder_refuses_folders: bool
    synced_folder_refuses_rules: bool
    search_lags: bool
    """Search reads an index that follows writes later."""
    search_hit_has_org: bool
    rule_titles_unique: bool
    """One title per folder."""
    rule_conflict_status: int
    rule_has_record: bool
    recording_rules_enabled: bool
    rule_keeps_firing: bool
    """keep_firing_for and missingSeriesEvalsToResolve are known; before, dropped silently."""
    rule_has_active_time_intervals: bool
    rules_open_to_others: bool
    """Editors may write and viewers may read through the provisioning API; before, administrators only."""
    contact_point_in_use_status: int
    contact_point_provenance_status: int
    mute_timing_in_use_status: int
    invalid_provenance_status: int
    """Of templates, mute timings and policies."""
    policies_keep_provenance: bool
    """A write that would take the provenance of the policies away is refused."""
    notifications_have_versions: bool
    """Templates and mute timings have a `version`, and a write that names another is refused with 409."""
    provenance_mismatch_status: int
    rule_put_provenance_mismatch_status: int
    """Of PUT of a single rule, which was corrected later than the rest."""


def parse_release(version: str) -> Release:
    """The leading X.Y.Z of a Grafana version such as "12.0.0+security-01"; X.Y counts as X.Y.0.

    Raises ValueError when the text does not start with X.Y.
    """
    match = re.match(r"(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?", version)
    if match is None:
        raise ValueError(f"{version!r} is not a version of Grafana; give one such as 12.4.0.")
    return int(match[1]), int(match[2]), int(match[3] or 0)


def behaviour(version: str) -> Behaviour:
    """The behaviour of a Grafana version, for example "11.6.0"; raises ValueError for any other text."""
    release = parse_release(version)

    def since(*threshold: int) -> bool:
        return release >= threshold

    return Behaviour(
        release=release,
        # snapshots: pkg/api/dashboard.go answers 412 up to 12, and 409 in 2026 source
        dashboard_conflict_status=HTTPStatus.CONFLICT if since(13, 0) else HTTPStatus.PRECONDITION_FAILED,
        # grafana PR 90687, first in 11.3
        dashboard_titles_unique=not since(11, 3),
        # snapshot 2025: pkg/services/dashboards
        dashboard_lengths_checked=since(12, 0),
        # grafana PR 101590, first in 12.0
        dashboard_size_limited=since(12, 0),
        # snapshot 2026: pkg/api/dashboard.go postDashboard
        dashboard_validated_by_apiserver=since(13, 0),
        # snapshot 2026: unified storage raises metadata.generation only for a changed spec or folder
        unchanged_dashboard_keeps_version=since(12, 0),
        # OpenAPI models DeleteDashboardByUIDOKBody of 10.4 (id), 12.1 and 13.0 (uid)
        deleted_dashboard_names_uid=since(12, 0),
        # snapshots of 2025 and 2026: GetGroupVersions in pkg/registry/apis/dashboard/register.go
        dashboard_api_versions=_dashboard_api_versions(release),
        # snapshot 2026: saveDashboardViaK8s in pkg/api/dashboard.go; pkg/registry/apis/dashboard for deletion
        managed_dashboard_locked=since(13, 0),
        # OpenAPI model DashboardMeta: absent in 10.4, present in 12.1
        dashboard_meta_has_api_version=since(12, 0),
        # OpenAPI model AnnotationPermission: `organization` present in 12.1, absent in 13.0
        dashboard_meta_has_organization_annotations=not since(13, 0),
        # snapshot 2025: the route tests dashboards:uid:<uid> before the handler
        absent_dashboard_is_forbidden=since(12, 0),
        # unified storage numbers objects with 52-bit snowflakes
        large_ids=since(12, 0),
        # grafana issue 104556: 11.4 list, 11.6 object; 11.5 is not known
        versions_listed_in_object=since(11, 5),
        # snapshots: pkg/api/folder.go, apierrors; the apiserver's AlreadyExists is mapped to 412
        folder_exists_status=HTTPStatus.PRECONDITION_FAILED if since(12, 0) else HTTPStatus.CONFLICT,
        # not checked against source: the sentinel is present in 10 and gone from the later error mapping
        folder_titles_unique=not since(11, 0),
        # folders of unified storage alone: parseUnstructuredToLegacyFolder in pkg/services/folder/folderimpl/conversions.go
        folder_names_manager=since(12, 0),
        # validateFolderManagedBySameManager in pkg/registry/apis/dashboard; grafana PR 119162 dates it to October 2025
        synced_folder_refuses_dashboards=since(12, 3),
        # 2026 source: ensureRepoManagedByParentFolder in pkg/storage/unified/apistore
        synced_folder_refuses_folders=since(13, 0),
        # grafana PR 114944, and issue 125651: 12.3 took them
        synced_folder_refuses_rules=since(12, 4),
        # pkg/storage/unified: "doesn't offer search-after-write guarantees"
        search_lags=since(12, 0),
        # OpenAPI model Hit: absent in 10.4, present in 12.1
        search_hit_has_org=since(12, 0),
        # grafana PR 102067, first in 12.0
        rule_titles_unique=not since(12, 0),
        # ngalert models: errutil.Conflict("alerting.alert-rule.conflict"); in 10 and 11 the handler answers 400
        rule_conflict_status=HTTPStatus.CONFLICT if since(12, 0) else HTTPStatus.BAD_REQUEST,
        # OpenAPI model ProvisionedAlertRule: absent in 10.4, present from 11
        rule_has_record=since(11, 0),
        # grafana PR 105569: on by default from 12.1
        recording_rules_enabled=since(12, 1),
        # grafana PR 101184 and 102150 (missingSeriesEvalsToResolve), helm-charts issue 3706 (keep_firing_for)
        rule_keeps_firing=since(12, 0),
        # grafana PR 104252
        rule_has_active_time_intervals=since(12, 1),
        # snapshots: ngalert/api/authorization.go; the organisation-wide permission alone in 10
        rules_open_to_others=since(11, 0),
        # snapshots: a plain error in 10, alerting.notifications.contact-points.* from 11
        contact_point_in_use_status=HTTPStatus.CONFLICT if since(11, 0) else HTTPStatus.INTERNAL_SERVER_ERROR,
        # grafana PR 127699, in 12.3.9 by backport
        contact_point_provenance_status=(HTTPStatus.FORBIDDEN if since(12, 3, 9) else HTTPStatus.INTERNAL_SERVER_ERROR),
        # snapshots: a plain error in 10, alerting.notifications.time-intervals.used (errutil.Conflict) from 11
        mute_timing_in_use_status=HTTPStatus.CONFLICT if since(11, 0) else HTTPStatus.INTERNAL_SERVER_ERROR,
        # snapshots: alerting.notifications.invalidProvenance (403) in 2024 and 2025 source, a plain error before
        invalid_provenance_status=HTTPStatus.FORBIDDEN if since(11, 0) else HTTPStatus.INTERNAL_SERVER_ERROR,
        # snapshots: ValidateProvenanceRelaxed in UpdatePolicyTree, 2025
        policies_keep_provenance=since(12, 0),
        # snapshots: checkOptimisticConcurrency of templates and mute timings, absent in 2023 and present in 2024 source
        notifications_have_versions=since(11, 0),
        # snapshot 2025: alerting.provenanceMismatch; grafana issues 74426 and 74558 for the bare 500
        provenance_mismatch_status=HTTPStatus.CONFLICT if since(12, 0) else HTTPStatus.INTERNAL_SERVER_ERROR,
        # grafana PR 124178, first in 13.1
        rule_put_provenance_mismatch_status=(HTTPStatus.CONFLICT if since(13, 1) else HTTPStatus.INTERNAL_SERVER_ERROR),
    )


def _dashboard_api_versions(release: Release) -> tuple[str, ...]:
    if release < (12, 0):
        return ()
    if release < (13, 0):
        return ("v1beta1", "v0alpha1", "v2beta1", "v2alpha1")
    return ("v1", "v1beta1", "v0alpha1", "v2", "v2beta1", "v2alpha1")
