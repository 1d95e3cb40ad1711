"""The category tree: a node's address joins the slugs from the root down to it."""

from django.db import transaction

from catalog.models import Category

# The manager of treebeard, whose methods take a node.
tree = Category.objects


class AddressTaken(Exception):
    """Another category has this address already. Choose another slug or parent."""

    def __init__(self, path_slug: str) -> None:
        super().__init__(path_slug)
        self.path_slug = path_slug


class IntoItself(Exception):
    """A category cannot stand below itself. Choose another parent."""


def place(category: Category, *, parent: Category | None) -> Category:
    """Save a new or changed category below `parent` (None: at the top), as the last of its siblings when it moves.

    The addresses of the whole branch follow. Locks the tree, since a move rewrites the paths of many nodes.

    Raises:
        AddressTaken, IntoItself: nothing has changed then.
    """
    with transaction.atomic():
        list(Category.objects.select_for_update(no_key=True).values_list("pk", flat=True))
        parent = Category.objects.get(pk=parent.pk) if parent else None
        category.path_slug = _address(category, parent)
        if Category.objects.filter(path_slug=category.path_slug).exclude(pk=category.pk).exists():
            raise AddressTaken(category.path_slug)
        if category._state.adding:
            return _add(category, parent)
        if parent and (parent.pk == category.pk or parent.path.startswith(category.path)):
            raise IntoItself
        category.save()
        _move(category, parent)
        fresh = Category.objects.get(pk=category.pk)
        _follow(fresh)
    return fresh


class MovedMeanwhile(Exception):
    """The category is no longer where it was shown: somebody has moved it or a sibling, or this was sent twice."""


def shift(category: Category, *, up: bool, seen_at: str | None = None) -> bool:
    """Move a category one place up or down among its siblings; return whether there was room.

    `seen_at` is its path as the page showed it; None skips the comparison. Locks the whole tree.

    Raises:
        MovedMeanwhile: see there; nothing was moved.
    """
    with transaction.atomic():
        list(Category.objects.select_for_update(no_key=True).values_list("pk", flat=True))
        category = Category.objects.get(pk=category.pk)
        if seen_at is not None and category.path != seen_at:
            raise MovedMeanwhile(str(category.pk))
        neighbour = tree.get_prev_sibling(category) if up else tree.get_next_sibling(category)
        if neighbour is None:
            return False
        tree.move(category, neighbour, "left" if up else "right")
    return True


def _add(category: Category, parent: Category | None) -> Category:
    if parent is None:
        return tree.add_root(instance=category)
    return tree.add_child(parent, instance=category)


def _move(category: Category, parent: Category | None) -> None:
    here = tree.get_parent(category)
    if (here.pk if here else None) == (parent.pk if parent else None):
        return
    if parent is None:
        tree.move(category, tree.get_root_nodes().last(), "right")
    else:
        tree.move(category, parent, "last-child")


def _address(category: Category, parent: Category | None) -> str:
    return f"{parent.path_slug}/{category.slug}" if parent else category.slug


def _follow(category: Category) -> None:
    """Rewrite the addresses below a category, level by level."""
    addresses = {category.path: category.path_slug}
    for node in tree.get_descendants(category).order_by("path"):
        node.path_slug = addresses[node.path] = f"{addresses[node.path[: -Category.steplen]]}/{node.slug}"
        Category.objects.filter(pk=node.pk).update(path_slug=node.path_slug)
