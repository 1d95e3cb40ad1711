from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0039_parts_of_the_price_of_lines")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="promised_by",
            field=models.DateField(blank=True, editable=False, null=True, verbose_name="promised by"),
        ),
        migrations.AddField(
            model_name="order",
            name="late_since",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="late since"),
        ),
    ]
