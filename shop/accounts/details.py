"""A person's own details: names, phone, document, language."""

from shop.accounts.models import Profile, User


def of(user: User) -> Profile:
    """Return the person's details, made on first use for accounts that were not made by signing up."""
    own, _created = Profile.objects.get_or_create(user=user)
    return own


def change(profile: Profile, **fields: object) -> Profile:
    """Save details that a form has checked (`shop.accounts.forms.ProfileForm`); other fields stay as they are."""
    for name, value in fields.items():
        setattr(profile, name, value)
    profile.save(update_fields=[*fields, "updated_at"])
    return profile
